import * as v from 'valibot';
import { count, forPeople, schema, time } from './parts.ts';

const common = {
  at: time,
  unit: v.nullable(v.string()),
  cause: v.pipe(v.nullable(v.string()), v.description('A cause of diagnose; null where there is none.')),
  sentence: forPeople,
};
const figure = v.pipe(v.nullable(count), v.description('Null if it was unknown at that time.'));

export const historySchema = v.strictObject({
  schema,
  more: v.pipe(v.boolean(), v.description('Whether the journal has older entries.')),
  entries: v.array(
    v.variant('did', [
      v.strictObject({
        ...common,
        did: v.literal('explained'),
        setsUsed: figure,
        setsMax: figure,
        orphans: figure,
        line: v.pipe(v.nullable(v.string()), v.description('The line of the log, as far as it was kept.')),
      }),
      v.strictObject({
        ...common,
        did: v.literal('cleared'),
        command: v.pipe(v.nullable(v.string()), v.description('The command that removed them.')),
        removed: figure,
        failed: figure,
        ids: v.array(count),
      }),
      v.strictObject({ ...common, did: v.picklist(['recovered', 'failed', 'gave-up', 'lost']) }),
    ]),
  ),
});

export type HistoryJson = v.InferOutput<typeof historySchema>;
