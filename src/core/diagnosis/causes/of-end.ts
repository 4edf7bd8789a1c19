import type { Evidence } from '../../evidence.ts';
import { valueOrNull } from '../../fact.ts';
import type { OomKiller } from '../../units/oom-killer.ts';
import type { UnitFacts } from '../../units/unit-facts.ts';
import { restartsByItself } from '../../units/restart.ts';
import { commandText } from '../../units/command-text.ts';
import { timedOut } from '../../units/timed-out.ts';
import type { CauseRule, Finding } from '../finding.ts';
import type { FailureFacts } from '../failure-facts.ts';
import { endOf } from './last-end.ts';

/** Endings by systemd's result, which no log line overrides. */
const KILLS: Readonly<Record<string, string>> = {
  signal: 'ended by a signal',
  'core-dump': 'crashed with a core dump',
  watchdog: 'killed by systemd, since it did not answer the watchdog (WatchdogSec=)',
  'oom-kill': 'a process was killed by the OOM killer',
  gone: 'its master has ended without systemd noticing',
};

/** A signal, a crash, the watchdog, the OOM killer. */
export const killCause: CauseRule = (unit, facts) => {
  const end = endOf(unit, facts);
  const text = Object.hasOwn(KILLS, end.result) ? KILLS[end.result] : undefined;
  if (text === undefined) return null;
  if (end.result === 'oom-kill') return ended('out-of-memory', text, unit, facts);
  const killer = valueOrNull(facts.oomKiller);
  if (killer === null) return ended('killed', text, unit, facts);
  const { cause, evidence } = ended('out-of-memory', text, unit, facts);
  return { cause, evidence: [OOM_EVIDENCE[killer](unit), ...evidence] };
};

const OOM_EVIDENCE: Record<OomKiller, (unit: UnitFacts) => Evidence> = {
  kernel: () => ({
    rule: 'oom',
    saw: 'the kernel logged that its OOM killer killed the main process',
    source: 'journalctl -k',
  }),
  'systemd-oomd': ({ name }) => ({
    rule: 'oom',
    saw: 'systemd-oomd killed its processes',
    source: `journalctl -u systemd-oomd -u ${name}`,
  }),
  recorded: () => ({
    rule: 'oom',
    saw: 'memory had run out when the run ended',
    source: 'httpd-guard post-stop',
  }),
};

/** A start or stop took too long (TimeoutStartSec=, TimeoutStopSec=), or the run did (RuntimeMaxSec=). */
export const timeoutCause: CauseRule = (unit, facts) =>
  endOf(unit, facts).result === 'timeout'
    ? ended(
        'timeout',
        `its ${timedOut(unit)} took longer than the unit allows${waitedFor(unit)}`,
        unit,
        facts,
      )
    : null;

/**
 * With Type=forking systemd waits for PIDFile= after the start command has exited, and then kills httpd, which runs (systemd:
 * service.c, service_load_pid_file). A pid in it that is not of the unit is a protocol error.
 */
export const awaitedPidFileCause: CauseRule = (unit, facts) => {
  const { awaitedPidFile, pidFile } = facts;
  if (awaitedPidFile === null || pidFile?.known !== true || unit.startStatus !== 0) return null;
  const { result } = endOf(unit, facts);
  const isTimeout = result === 'timeout' && timedOut(unit) === 'start';
  if (!isTimeout && result !== 'protocol') return null;
  const saw = `systemd waits for PIDFile=${awaitedPidFile}, but httpd writes ${pidFile.value.path}`;
  return {
    cause: isTimeout ? 'timeout' : 'other',
    evidence: [{ rule: 'pid-file', saw, source: `systemctl show -p PIDFile ${unit.name}` }],
  };
};

/** systemd ends the command that runs when a start times out. */
function waitedFor(unit: UnitFacts): string {
  const { failedCommand } = unit;
  return timedOut(unit) === 'start' && failedCommand !== null
    ? ` (${commandText(failedCommand)} was running)`
    : '';
}

function ended(cause: Finding['cause'], text: string, unit: UnitFacts, facts: FailureFacts): Finding {
  const end = endOf(unit, facts);
  const restart = restartsByItself(unit, end.result)
    ? `; systemd restarts it by itself (Restart=${unit.restart})`
    : '';
  return {
    cause,
    evidence: [
      { rule: 'state', saw: `${text}: ${end.text}${restart}`, source: `systemctl show ${unit.name}` },
    ],
  };
}
