import * as v from 'valibot';
import { type Evidence, RULES } from '../../core/evidence.ts';
import type { Verdict } from '../../core/verdict/verdict.ts';

// Parts of several objects. These files describe what other programs get: they type what the views build, and the JSON
// Schemas of the package are generated from them. No command loads them.

/** Goes up when a field is removed or changes its meaning; a new field is no reason. */
export const schema = v.literal(1);

export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const integer = v.pipe(v.number(), v.integer());

/** RFC 3339, always UTC. */
export const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/));

export const forPeople = v.pipe(v.string(), v.description('A sentence for people; its wording may change.'));

export const reasons = v.pipe(
  v.array(v.string()),
  v.description('Sentences for people: findings, and why a field is null.'),
);

export const evidence = v.array(
  v.strictObject({
    rule: v.picklist(RULES),
    saw: forPeople,
    source: v.pipe(v.string(), v.description('Where to verify it: a file, a command or a log.')),
  }),
) satisfies v.GenericSchema<Evidence[]>;

export const VERDICTS = ['orphan', 'in-use', 'foreign', 'unsure'] as const satisfies readonly Verdict[];
export const verdict = v.picklist(VERDICTS);

export const use = v.pipe(
  v.strictObject({ used: count, max: count }),
  v.description('Use of a limit, and the limit.'),
);

export const tableUse = v.strictObject({ sets: use, semaphores: use });

export const kernelSem = v.pipe(
  v.strictObject({ semmsl: count, semmns: count, semopm: count, semmni: count }),
  v.description('kernel.sem, see proc_sys_kernel(5).'),
);

export const change = v.strictObject({
  path: v.pipe(v.nullable(v.string()), v.description('The file; null for "reloaded".')),
  action: v.pipe(
    v.picklist(['wrote', 'removed', 'would-write', 'would-remove', 'reloaded', 'started', 'would-start']),
    v.description('"reloaded": systemd read its unit files again. "started": the unit was not running.'),
  ),
});

/** What install or uninstall did, or with --dry-run would do. */
export type Change = v.InferOutput<typeof change>;

/** Properties of a user, and how many sets it owns. */
export const ownerOfSets = {
  uid: count,
  user: v.nullable(v.string()),
  product: v.pipe(v.nullable(v.string()), v.description('A guess by the name of the user.')),
  sets: count,
};
