import type { UnitFacts } from '../units/unit-facts.ts';
import { isInStopPost } from '../units/unit-state.ts';
import type { Evidence } from '../evidence.ts';
import { awaitedPidFileCause, killCause, timeoutCause } from './causes/of-end.ts';
import { configCause, diskCause, portCause, stalePidFileCause } from './causes/of-start.ts';
import { recordedCause } from './causes/of-record.ts';
import {
  afterStartCause,
  lostSetsCause,
  notStartedCause,
  otherServerCause,
  outsiderCause,
  restingCause,
  startLimitCause,
} from './causes/of-state.ts';
import { tableCause, tableState } from './causes/of-table.ts';
import type { FailureFacts } from './failure-facts.ts';
import type { CauseRule, Finding } from './finding.ts';
import { endOf, endedByExit } from './causes/last-end.ts';

/** In this order, the first that finds something names the cause. */
const RULES: readonly CauseRule[] = [
  outsiderCause,
  otherServerCause,
  notStartedCause,
  afterStartCause,
  lostSetsCause,
  restingCause,
  // A kill may have filled the table with its own sets: then the next start fails. Not if the unit was reset since, nor
  // in ExecStopPost=, which removes those sets.
  (unit, facts) =>
    facts.orphans > 0 && unit.active !== 'inactive' && !isInStopPost(unit)
      ? tableCause(unit, facts, 'after a kill')
      : null,
  killCause,
  awaitedPidFileCause,
  timeoutCause,
  configCause,
  stalePidFileCause,
  portCause,
  (unit, facts) => tableCause(unit, facts, 'full'),
  diskCause,
  (unit, facts) => tableCause(unit, facts, 'short'),
  startLimitCause,
  recordedCause,
];

/**
 * Why the unit is down, by facts of the kernel, systemd and httpd. All commands use this one function, which gets no log, so no
 * log line can make a recovery act. Without a known cause the result is 'unknown' or 'other'.
 */
export function findCause(facts: FailureFacts): Finding {
  const { unit } = facts;
  if (!unit.known)
    return { cause: 'unknown', evidence: [{ rule: 'unit', saw: unit.why, source: 'systemctl' }] };
  for (const rule of RULES) {
    const found = rule(unit.value, facts);
    if (found !== null) return found;
  }
  return otherCause(unit.value, facts);
}

function otherCause(unit: UnitFacts, facts: FailureFacts): Finding {
  const { use, configComplaint } = facts;
  const state: Evidence = {
    rule: 'state',
    saw: `${unit.active} (${unit.sub}), ${endOf(unit, facts).text}`,
    source: `systemctl show ${unit.name}`,
  };
  const unread = !use.known ? tableEvidence(use.why) : null;
  if (unread !== null) return { cause: 'unknown', evidence: [state, unread] };
  const table = tableEvidence(tableState(unit, facts));
  if (!configComplaint.known)
    return {
      cause: 'unknown',
      evidence: [state, table, { rule: 'configuration', saw: configComplaint.why, source: 'httpd -t' }],
    };
  // Whether it could get no set depends on whose sets these are, so that is not known either.
  const { ownerUnknown, unsure } = facts;
  if (ownerUnknown !== null && unsure > 0 && endedByExit(endOf(unit, facts)))
    return {
      cause: 'unknown',
      evidence: [
        state,
        table,
        { rule: 'owner-unknown', saw: ownerUnknown, source: 'httpd -t -D DUMP_RUN_CFG' },
      ],
    };
  return { cause: 'other', evidence: [state, table] };
}

function tableEvidence(saw: string): Evidence {
  return { rule: 'table', saw, source: '/proc/sysvipc/sem' };
}
