import * as v from 'valibot';
import { count, kernelSem, ownerOfSets, reasons, schema, tableUse, time } from './parts.ts';

export const limitsSchema = v.strictObject({
  schema,
  takenAt: time,
  kernelSem: v.nullable(kernelSem),
  firstNamespace: v.pipe(
    v.nullable(v.boolean()),
    v.description("Whether these are the host's limits, and not a container's."),
  ),
  limits: v.nullable(tableUse),
  owners: v.nullable(
    v.array(
      v.strictObject({
        ...ownerOfSets,
        semaphores: count,
      }),
    ),
  ),
  needed: v.pipe(v.nullable(count), v.description('The most sets that all units need together.')),
  units: v.array(
    v.strictObject({
      unit: v.string(),
      active: v.string(),
      mechanism: v.nullable(v.string()),
      privateIpc: v.boolean(),
      guarded: v.boolean(),
      registered: v.pipe(v.nullable(count), v.description('System V mutexes in the configuration.')),
      held: v.pipe(v.nullable(count), v.description('Sets of the running httpd.')),
      leaks: v.pipe(v.nullable(v.boolean()), v.description('Whether a kill -9 leaks sets.')),
      killsLeft: v.pipe(v.nullable(count), v.description('How many kill -9 it survives.')),
      killsLeftAtLeast: v.nullable(count),
      startFits: v.pipe(v.nullable(v.boolean()), v.description('Whether a start fits into the table now.')),
      why: v.pipe(v.nullable(v.string()), v.description('Why "leaks" is false or null, for people.')),
    }),
  ),
  reasons,
});

export type LimitsJson = v.InferOutput<typeof limitsSchema>;
