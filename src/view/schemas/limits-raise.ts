import * as v from 'valibot';
import { kernelSem, schema } from './parts.ts';

export const limitsRaiseSchema = v.strictObject({
  schema,
  dryRun: v.boolean(),
  before: kernelSem,
  after: kernelSem,
  applies: v.pipe(v.boolean(), v.description('Whether kernel.sem changes.')),
  file: v.string(),
  writes: v.pipe(v.boolean(), v.description('Whether the file changes.')),
  backup: v.nullable(v.string()),
  undo: v.pipe(v.nullable(v.string()), v.description('One line for a shell; null if nothing changes.')),
  warnings: v.pipe(v.array(v.string()), v.description('What overrides this limit, for people.')),
});

export type LimitsRaiseJson = v.InferOutput<typeof limitsRaiseSchema>;
