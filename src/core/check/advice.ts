import { type Cure, cures } from '../diagnosis/cures.ts';
import { countVerdicts } from './health.ts';
import type { Report } from './report.ts';

/** What to do about the table; empty if httpd has no mutexes in it or the status is ok. */
export function advice({ health, use, unit, settings, judgements }: Report): Cure[] {
  const hasMutexes = settings.known && (settings.value.sysvMutexes ?? 0) > 0;
  if (!hasMutexes || !unit.known || !use.known || health.status === 'ok') return [];
  const cause = countVerdicts(judgements).orphan > 0 ? 'semaphore-leak' : 'semaphore-demand';
  return cures(cause, {
    unit: unit.value.name,
    facts: unit,
    pids: [],
    use,
    // The report itself lists the unsure sets with their reasons.
    unsure: 0,
    blockingServers: [],
    hasFreeSetsAgain: false,
    outsider: null,
  });
}
