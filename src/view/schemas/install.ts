import * as v from 'valibot';
import { change, schema } from './parts.ts';

export const installSchema = v.strictObject({
  schema,
  unit: v.string(),
  dryRun: v.boolean(),
  did: v.pipe(v.array(change), v.description('Empty: everything was in place already.')),
  undo: v.pipe(v.string(), v.description('One line for a shell.')),
  notes: v.pipe(v.array(v.string()), v.description('For people.')),
});

export type InstallJson = v.InferOutput<typeof installSchema>;
