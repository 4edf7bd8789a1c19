import type { Disk } from '../../core/diagnosis/failure-facts.ts';
import type { Fact } from '../../core/fact.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import { isFailedExit } from '../../core/units/end-result.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { isUp } from '../../core/units/unit-state.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import type { Server } from '../servers/find-server.ts';
import { testConfiguration } from '../../host/httpd/ask-httpd.ts';
import { probeStartDisks } from './probe-start-disks.ts';

/** What a start needs besides sets, as tried in other processes. */
export interface StartTrial {
  disks: Disk[];
  /** The error of `httpd -t`; null if there is none. */
  configComplaint: Fact<string | null>;
}

/**
 * Both at once, until `deadlineMs` on the clock of steadyMs: each takes as long as a start of Node. `tested` is a test of the
 * configuration that was begun before.
 */
export async function tryStart(
  unit: UnitFacts,
  settings: Fact<HttpdSettings>,
  deadlineMs: number,
  tested = testConfiguration(unit, deadlineMs),
): Promise<StartTrial> {
  const [disks, configComplaint] = await Promise.all([
    settings.known ? probeStartDisks(unit, settings.value, deadlineMs) : [],
    tested,
  ]);
  return { disks, configComplaint };
}

/** Begins one where it is usually needed, after a failed exit: it takes no time beside the look. Else null. */
export function beginTrial(
  { unit, settings, configComplaint }: Server,
  endingOf: (invocationId: string) => RunEnding | null,
  systemd: SystemdSession,
  tested?: Promise<Fact<string | null>>,
): Promise<StartTrial> | null {
  if (!unit.known || isUp(unit.value) || !configComplaint.known || configComplaint.value !== null)
    return null;
  const { result } = endingOf(unit.value.invocationId) ?? unit.value;
  return isFailedExit(result) ? tryStart(unit.value, settings, systemd.deadlineMs, tested) : null;
}
