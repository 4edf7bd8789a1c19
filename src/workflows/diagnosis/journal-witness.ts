import type { KilledRun } from '../../host/proc/oom-kills.ts';
import type { OomKiller } from '../../core/units/oom-killer.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { UnitJob } from '../../core/units/unit-job.ts';

/**
 * What systemd and the kernel alone write into the journal, and no program of httpd can: it names a cause more exactly. A
 * recovery, which has the power to act, does without: it runs no reader of the journal at all.
 */
export interface JournalWitness {
  lastJob: (unit: string, timeoutMs: number) => Promise<Fact<UnitJob | null>>;
  oomKiller: (run: KilledRun, timeoutMs: number) => Promise<Fact<OomKiller | null>>;
}

const NOT_READ = 'a recovery reads no journal';

export const noWitness: JournalWitness = {
  lastJob: () => Promise.resolve(unknown(NOT_READ)),
  oomKiller: () => Promise.resolve(known(null)),
};
