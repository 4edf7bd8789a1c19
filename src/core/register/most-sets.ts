import type { Seen } from './register.ts';
import type { ServerRun } from './server-run.ts';

/**
 * By unit, the most sets that one of its runs was seen to use since boot. It is what a start creates that gets all of its sets: a
 * module such as mod_wsgi only logs that it got none, and httpd goes on.
 */
export function mostSetsAfter(
  before: ReadonlyMap<string, number>,
  seen: ReadonlyMap<number, Seen>,
): Map<string, number> {
  const runs = new Map<string, { run: ServerRun; sets: number }>();
  for (const { run, contested } of seen.values()) {
    if (run === null || contested) continue;
    const key = `${run.invocationId} ${run.unit}`;
    runs.set(key, { run, sets: (runs.get(key)?.sets ?? 0) + 1 });
  }
  const most = new Map(before);
  for (const { run, sets } of runs.values()) most.set(run.unit, Math.max(sets, most.get(run.unit) ?? 0));
  return most;
}
