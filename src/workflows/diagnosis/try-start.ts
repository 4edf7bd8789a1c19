import type { Disk } from '../../core/diagnosis/failure-facts.ts';
import type { Fact } from '../../core/fact.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { testConfiguration } from '../../host/httpd/ask-httpd.ts';
import { probeStartDisks } from './probe-start-disks.ts';

/** What a start needs besides sets, as tried in other processes. */
export interface StartTrial {
  disks: Disk[];
  /** The error of `httpd -t`; null if there is none. */
  configComplaint: Fact<string | null>;
}

/** Both at once, until `deadlineMs` on the clock of steadyMs: each takes as long as a start of Node. */
export async function tryStart(
  unit: UnitFacts,
  settings: Fact<HttpdSettings>,
  deadlineMs: number,
): Promise<StartTrial> {
  const [disks, configComplaint] = await Promise.all([
    settings.known ? probeStartDisks(unit, settings.value, deadlineMs) : [],
    testConfiguration(unit, deadlineMs),
  ]);
  return { disks, configComplaint };
}
