import * as v from 'valibot';
import { CAUSES } from '../../core/diagnosis/cause.ts';
import type { Recovery, Step } from '../../core/recovery/decide-recovery.ts';
import { count, forPeople, schema } from './parts.ts';

const STEPS = [
  'wait',
  'reap',
  'clean',
  'reset-failed',
  'start',
  'restart',
  'settle',
  'health',
] as const satisfies readonly Step['do'][];

const OUTCOMES = [
  'healthy',
  'recovered',
  'left-alone',
  'unsure',
  'failed',
  'gave-up',
  'planned',
] as const satisfies readonly Recovery['outcome'][];

const ms = v.pipe(v.number(), v.minValue(0));

export const recoverSchema = v.strictObject({
  schema,
  unit: v.nullable(v.string()),
  outcome: v.pipe(v.picklist(OUTCOMES), v.description('"planned": --dry-run.')),
  cause: v.nullable(v.picklist(CAUSES)),
  why: forPeople,
  steps: v.pipe(
    v.array(
      v.strictObject({
        do: v.picklist(STEPS),
        ok: v.boolean(),
        tookMs: count,
        why: v.pipe(v.nullable(v.string()), v.description('Why it failed, for people; else null.')),
      }),
    ),
    v.description('What was done.'),
  ),
  plan: v.pipe(
    v.array(
      v.variant('do', [
        v.strictObject({ do: v.literal('wait'), ms }),
        v.strictObject({
          do: v.literal('reap'),
          workers: v.array(v.strictObject({ pid: count, ports: v.array(count) })),
        }),
        v.strictObject({ do: v.picklist(['clean', 'reset-failed', 'start', 'restart']) }),
        v.strictObject({ do: v.literal('settle'), ms }),
        v.strictObject({ do: v.literal('health'), url: v.string() }),
      ]),
    ),
    v.description('What was to be done, or with --dry-run would be.'),
  ),
});

export type RecoverJson = v.InferOutput<typeof recoverSchema>;
