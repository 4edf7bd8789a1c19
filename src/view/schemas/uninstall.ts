import * as v from 'valibot';
import { change, schema } from './parts.ts';

export const uninstallSchema = v.strictObject({
  schema,
  units: v.array(v.string()),
  dryRun: v.boolean(),
  did: v.array(change),
  notes: v.pipe(v.array(v.string()), v.description('For people.')),
});

export type UninstallJson = v.InferOutput<typeof uninstallSchema>;
