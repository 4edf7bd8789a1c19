import { isStuck, isUp, unitPhase } from '../../units/unit-state.ts';
import type { Evidence, Rule } from '../../evidence.ts';
import type { UnitFacts } from '../../units/unit-facts.ts';
import { counted } from '../../text/counted.ts';
import { spawnFailure } from '../../units/spawn-failures.ts';
import { commandText } from '../../units/command-text.ts';
import { neverBegan } from '../../units/unit-job.ts';
import type { BrokenNeed, FailureFacts } from '../failure-facts.ts';
import type { CauseRule, Finding } from '../finding.ts';
import { endOf, endedByExit, isGone } from './last-end.ts';

/** First of all causes: whatever the failure, a start would now stop the running httpd. */
export const outsiderCause: CauseRule = (unit, facts) => {
  const { outsider } = facts;
  if (outsider === null || isServing(unit, facts)) return null;
  const { pid, path, unit: its, pidFile } = outsider;
  const program = path ?? 'unknown program';
  const where = its === null ? 'outside systemd' : `in ${its}`;
  const evidence: Evidence[] = [
    { rule: 'outsider', saw: `httpd ${pid} (${program}) is running ${where}`, source: `/proc/${pid}/cgroup` },
  ];
  if (pidFile !== null)
    evidence.push({ rule: 'pid-file', saw: `${pidFile} names process ${pid}`, source: pidFile });
  return { cause: 'started-outside-systemd', evidence };
};

/**
 * The same of the httpd of another unit: the new httpd would print "already running" and exit with 0, and then ExecStop=
 * would stop the one in the pid file.
 */
export const otherServerCause: CauseRule = (unit, facts) => {
  const { pidFile, stranger } = facts;
  if (stranger?.unit == null || pidFile?.known !== true || pidFile.value.state !== 'live') return null;
  if (isServing(unit, facts)) return null;
  const { path, pid } = pidFile.value;
  const saw = `${path} names process ${pid}, which is the httpd of ${stranger.unit}: a start would stop that one`;
  return { cause: 'stale-pid-file', evidence: [{ rule: 'pid-file', saw, source: path }] };
};

/** Whether it is running with a main process and all of its sets: then nothing starts or restarts it. */
function isServing(unit: UnitFacts, { isMasterless, lost }: FailureFacts): boolean {
  return unitPhase(unit) === 'up' && !isMasterless && lost === null;
}

/**
 * A start that systemd never began: a bad setting, a failed dependency, a condition. It leaves no run, so the facts of the last
 * run are about an older one. Or one of which systemd could not run the command.
 */
export const notStartedCause: CauseRule = (unit, facts) => {
  const { load, loadError, name, active, run, condition, result, execStart, startStatus } = unit;
  const found = (rule: Rule, saw: string, source: string): Finding => ({
    cause: 'not-started',
    evidence: [{ rule, saw, source }],
  });
  if (/^(bad-setting|error|not-found)$/.test(load))
    return found('load', loadError === '' ? load : loadError, `systemd-analyze verify ${name}`);
  const need = facts.brokenNeed;
  if (active === 'inactive' && need !== null)
    return found('job', needText(need), `systemctl status ${need.unit}`);
  if (active === 'inactive' || active === 'failed') {
    if (
      facts.lastJob.known &&
      facts.lastJob.value !== null &&
      neverBegan(
        facts.lastJob.value,
        run.began.realMs,
        Math.max(0, ...run.stamps.map(({ realMs }) => realMs)),
      )
    )
      return found('job', facts.lastJob.value.message, `journalctl -u ${name} _PID=1`);
    if (!condition.met && condition.atMs > run.began.realMs)
      return found('job', 'a condition of the unit is not met', `systemctl status ${name}`);
  }
  const before = failedBefore(unit);
  if (before !== null) return found('job', before, `systemctl status ${name}`);
  // Also in ExecStopPost=.
  const failed =
    !isUp(unit) && result === 'exit-code' && startStatus !== null ? spawnFailure(startStatus) : null;
  return failed === null
    ? null
    : found(
        'job',
        `systemd could not run ${execStart?.path ?? 'ExecStart='}: status ${failed}`,
        `systemctl status ${name}`,
      );
};

function needText({ unit, state }: BrokenNeed): string {
  return state === 'failed'
    ? `systemd stopped it, since ${unit} failed, to which it is bound (BindsTo=)`
    : `it requires ${unit}, which ${state === 'masked' ? 'is masked' : 'does not exist'}`;
}

/** The admin's own command that failed before httpd was started; null if there is none. */
function failedBefore(unit: UnitFacts): string | null {
  const { failedCommand, result } = unit;
  if (failedCommand === null || failedCommand.setting === 'ExecStartPost' || isUp(unit)) return null;
  return /^(exit-code|signal|core-dump|exec-condition)$/.test(result)
    ? `${commandText(failedCommand)} ${failedCommand.end}`
    : null;
}

/** systemd stops httpd again if a command fails that runs after its start (systemd.service(5), ExecStartPost=). */
export const afterStartCause: CauseRule = (unit) => {
  const { failedCommand, result, name } = unit;
  if (
    failedCommand?.setting !== 'ExecStartPost' ||
    isUp(unit) ||
    !/^(exit-code|signal|core-dump)$/.test(result)
  )
    return null;
  const saw = `${commandText(failedCommand)} ${failedCommand.end}, so systemd stopped httpd`;
  return { cause: 'other', evidence: [{ rule: 'job', saw, source: `systemctl status ${name}` }] };
};

/** Whether systemd refused the last start, since there were too many (StartLimitBurst=). */
export function isStartLimit({ result, run }: UnitFacts, { lastJob }: FailureFacts): boolean {
  if (result === 'start-limit-hit') return true;
  // A job that was refused before the last run is about an older one.
  const job = lastJob.known ? lastJob.value : null;
  return job?.result === 'start-limit-hit' && job.atMs > run.began.realMs;
}

/** Weak, since a line of an earlier start may show why that failed. */
export const startLimitCause: CauseRule = (unit, facts) => {
  if (!isStartLimit(unit, facts)) return null;
  const saw = 'it was started too often in a short time (StartLimitBurst=)';
  return {
    cause: 'not-started',
    weak: true,
    evidence: [{ rule: 'job', saw, source: `systemctl status ${unit.name}` }],
  };
};

/** Neither systemd nor httpd notices that another program removed sets of a running server. */
export const lostSetsCause: CauseRule = (unit, { lost }) => {
  if (lost === null || !isUp(unit)) return null;
  const { length } = lost.ids;
  const saw = `${counted(length, 'semaphore set')} that it used ${length === 1 ? 'is' : 'are'} gone`;
  return { cause: 'set-removed-while-live', evidence: [{ rule: 'table', saw, source: '/proc/sysvipc/sem' }] };
};

/** A unit that is running, starting, or was stopped on purpose has not failed. */
export const restingCause: CauseRule = (unit, facts) => {
  const { active, sub, result, load, name } = unit;
  const state: Evidence = {
    rule: 'state',
    saw: load === 'masked' ? 'masked' : `${active} (${sub}), result ${result}`,
    source: `systemctl show ${name}`,
  };
  if (load === 'masked') return { cause: 'stopped-by-admin', evidence: [state] };
  const { ending } = facts;
  const end = endOf(unit, facts);
  // In ExecStopPost= the unit is still "deactivating": its ending decides.
  // A stop on purpose that took too long was a kill.
  if (ending !== null)
    return ending.byItself || ending.result === 'timeout'
      ? null
      : { cause: 'stopped-by-admin', evidence: [state] };
  if (isGone(unit, facts)) return null;
  if (isUp(unit)) return { cause: 'none', evidence: [state] };
  if (active === 'failed' || hasEndedBadly(unit)) return null;
  if (active !== 'inactive') return { cause: 'none', evidence: [state] };
  // httpd that exited with 0 within seconds without being stopped: 2.2 without a set, or one that found its pid file taken.
  return end.result === 'gone' || (end.byItself === true && result === 'success' && endedByExit(end))
    ? null
    : { cause: 'stopped-by-admin', evidence: [state] };
};

/** Whether its main process has ended and systemd waits: for workers to stop, for RestartSec=, or, before 249, for READY=1. */
function hasEndedBadly(unit: UnitFacts): boolean {
  const { active, sub, result, mainPid } = unit;
  if (isStuck(unit)) return true;
  if (mainPid !== 0 || result === 'success' || result === '') return false;
  return active === 'deactivating' || sub === 'auto-restart';
}
