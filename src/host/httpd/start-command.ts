import { readFileSync, rmSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { canBeAsked, isHttpdName } from '../../core/httpd/identity.ts';
import type { StartCommand } from '../../core/httpd/launch.ts';
import { type ExecLine, type UnitFacts, isStartedByRoot } from '../../core/units/unit-facts.ts';
import { isUp } from '../../core/units/unit-state.ts';
import { errorReason } from '../files/error-reason.ts';
import { STATE_DIRECTORY, statePath } from '../state/paths.ts';
import { readUnitProcesses } from '../proc/unit-processes.ts';
import { readExecutable, readUids, readUnit } from '../proc/proc-files.ts';
import { whyUntrusted } from '../files/trusted-path.ts';
import { unitEnvironment } from './unit-environment.ts';
import { writeAtomically } from '../files/write-atomically.ts';

/**
 * Determined by ExecStart=; if that is a wrapper, as on cPanel or SUSE, by the unit's main process, and if there is none, by the
 * record of the last one. A wrapper itself is not run, since that would start httpd.
 */
export function findStartCommand(unit: UnitFacts): Fact<StartCommand> {
  const exec = unit.execStart;
  if (unit.ownRoot !== '')
    return unknown(`${unit.name} runs with RootDirectory=${unit.ownRoot}, in which httpd cannot be queried`);
  if (exec === null) return unknown(`${unit.name} has no ExecStart=`);
  if (canBeAsked(exec)) return known({ exec, environment: unitEnvironment(unit) });
  const running = mainProcess(unit);
  if (running.known) return running;
  const kept = readStartCommand(unit);
  if (kept.known) return kept;
  return unknown(
    `${exec.path} of ${unit.name} is neither httpd nor apachectl, so it is not run to query the configuration; ${running.why}`,
  );
}

/** Records how a wrapper starts httpd, for the time when it is not running. Mode 0600, since the environment may contain secrets. */
export function keepStartCommand(unit: UnitFacts, directory = STATE_DIRECTORY): void {
  if (unit.execStart === null || unit.ownRoot !== '' || canBeAsked(unit.execStart)) return;
  const running = mainProcess(unit);
  if (!running.known) return;
  const { exec, environment } = running.value;
  try {
    writeAtomically(
      statePath(directory, unit.name, '.start'),
      JSON.stringify({ of: identity(unit), exec, environment: [...environment] }),
      'unsynced',
      0o600,
    );
  } catch {
    // It is recorded next time.
  }
}

export function forgetStartCommand(unit: string, directory = STATE_DIRECTORY): void {
  rmSync(statePath(directory, unit, '.start'), { force: true });
}

/** Reads the record. Unknown if it has another form, or is of another ExecStart=, WorkingDirectory= or User= of the unit. */
export function readStartCommand(unit: UnitFacts, directory = STATE_DIRECTORY): Fact<StartCommand> {
  const path = statePath(directory, unit.name, '.start');
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as {
      of?: unknown;
      exec?: Partial<ExecLine>;
      environment?: unknown;
    } | null;
    const { path: program, argv } = kept?.exec ?? {};
    if (typeof program !== 'string' || !isTexts(argv) || !isPairs(kept?.environment))
      return unknown(`${path} has an unknown format`);
    if (kept.of !== identity(unit)) return unknown(`${path} is of an earlier version of the unit`);
    const why = isStartedByRoot(unit) ? whyUntrusted(program) : null;
    if (why !== null) return unknown(`${program} is not run: ${why}`);
    return known({ exec: { path: program, argv }, environment: new Map(kept.environment) });
  } catch (error) {
    return unknown(`${path} cannot be read: ${errorReason(error)}`);
  }
}

/** What a unit starts, and as which user. */
function identity({ user, execStart, workingDirectory }: UnitFacts): string {
  return JSON.stringify([user, execStart, workingDirectory]);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isPairs(value: unknown): value is [string, string][] {
  return Array.isArray(value) && value.every((one) => isTexts(one) && one.length === 2);
}

/** By its main process. systemd knows none of an init script, whose httpd is then the one that is no child of another in the unit. */
function mainProcess(unit: UnitFacts): Fact<StartCommand> {
  if (unit.mainPid !== 0) return startOf(unit, unit.mainPid);
  const inUnit = isUp(unit) ? readUnitProcesses(unit.name) : [];
  const pids = new Set(inUnit.map(({ pid }) => pid));
  const roots = inUnit.filter(({ ppid }) => !pids.has(ppid)).map(({ pid }) => startOf(unit, pid));
  return roots.find((start) => start.known) ?? unknown(`no main process of ${unit.name} is running`);
}

/**
 * How a running main process was started (proc_pid_cmdline(5), proc_pid_environ(5)). Root trusts only root's processes, and
 * runs only programs that root alone can write.
 */
function startOf(unit: UnitFacts, mainPid: number): Fact<StartCommand> {
  const { name } = unit;
  try {
    const { path } = readExecutable(mainPid);
    const unitOfPid = readUnit(mainPid);
    if (!isHttpdName(path)) return unknown(`its main process runs ${path}`);
    if (!unitOfPid.known || unitOfPid.value !== name) return unknown(`process ${mainPid} is not in ${name}`);
    if (isStartedByRoot(unit) && !readUids(mainPid).every((uid) => uid === 0))
      return unknown(`its main process ${mainPid} is not root's`);
    const why = isStartedByRoot(unit) ? whyUntrusted(path) : null;
    if (why !== null) return unknown(`${path} is not run: ${why}`);
    const [environment, argv] = ['environ', 'cmdline'].map((file) =>
      readFileSync(`/proc/${mainPid}/${file}`, 'utf8').split('\0').slice(0, -1),
    ) as [string[], string[]];
    return known({ exec: { path, argv }, environment: new Map(environment.map(variable)) });
  } catch (error) {
    return unknown(`its main process ${mainPid} cannot be read: ${errorReason(error)}`);
  }
}

function variable(text: string): [string, string] {
  const sign = text.indexOf('=');
  return [text.slice(0, sign), text.slice(sign + 1)];
}
