import * as v from 'valibot';
import { count, evidence, reasons, schema, verdict } from './parts.ts';

export const cleanSchema = v.strictObject({
  schema,
  unit: v.nullable(v.string()),
  dryRun: v.pipe(v.boolean(), v.description('True: "removed" lists what would be removed.')),
  objects: v.pipe(
    v.picklist(['semaphore-sets', 'shared-memory-segments']),
    v.description('What the ids are of.'),
  ),
  removed: v.array(count),
  kept: v.array(v.strictObject({ id: count, verdict, evidence })),
  failed: v.array(v.strictObject({ id: count, error: v.string() })),
  reasons,
});

export type CleanJson = v.InferOutput<typeof cleanSchema>;
