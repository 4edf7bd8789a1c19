import * as v from 'valibot';
import { CAUSES } from '../../core/diagnosis/cause.ts';
import { count, evidence, forPeople, reasons, schema } from './parts.ts';

export const diagnoseSchema = v.strictObject({
  schema,
  unit: v.string(),
  cause: v.picklist(CAUSES),
  holders: v.pipe(
    v.array(
      v.strictObject({
        uid: count,
        user: v.nullable(v.string()),
        product: v.pipe(v.nullable(v.string()), v.description('A guess by the name of the user.')),
        sets: count,
      }),
    ),
    v.description('Who owns the sets, if the table is what matters.'),
  ),
  evidence,
  cures: v.array(
    v.strictObject({
      say: forPeople,
      run: v.pipe(v.array(v.string()), v.description('Commands for a shell.')),
      traps: v.pipe(v.array(v.string()), v.description('What else it changes, for people.')),
    }),
  ),
  reasons,
});

export type DiagnoseJson = v.InferOutput<typeof diagnoseSchema>;
