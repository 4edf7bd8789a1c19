import type { Stamp } from '../../core/clock.ts';
import { parseActiveState } from '../../core/units/active-state.ts';
import type { LoadedHooks } from '../../core/guard/guard-facts.ts';
import type { LoadedSettings } from '../../core/guard/loaded-service.ts';
import type { MainProcess } from '../../core/units/unit-run.ts';
import type { FailedCommand, UnitFacts } from '../../core/units/unit-facts.ts';

// Converts systemd's D-Bus properties to UnitFacts (org.freedesktop.systemd1(5)).

/** A D-Bus variant. */
interface Property {
  value: unknown;
}

export type Properties = Record<string, Property>;

/** The facts of a unit, except its job, by the properties of the unit and of its service or scope. A missing property is unset. */
export function unitFacts(unit: Properties, service: Properties): Omit<UnitFacts, 'job'> {
  const text = (of: Properties, key: string): string => (of[key]?.value as string | undefined) ?? '';
  const stamp = (key: string): Stamp => stampOf(unit, key);
  const exec = (service['ExecStart']?.value as ExecStatus[] | undefined)?.[0];
  return {
    name: text(unit, 'Id'),
    load: text(unit, 'LoadState'),
    loadError: (unit['LoadError']?.value as [string, string] | undefined)?.[1] ?? '',
    active: parseActiveState(text(unit, 'ActiveState')),
    sub: text(unit, 'SubState'),
    result: text(service, 'Result'),
    lastMainPid: (service['ExecMainPID']?.value as number | undefined) ?? 0,
    mainExitMs: wholeNumber(service['ExecMainExitTimestampMonotonic']) / 1000,
    mainExitedWell: service['ExecMainCode']?.value === CLD_EXITED && service['ExecMainStatus']?.value === 0,
    activeExitMs: stamp('ActiveExitTimestamp').monotonicMs,
    needs: ['Requires', 'Requisite', 'BindsTo'].flatMap(
      (key) => (unit[key]?.value as string[] | undefined) ?? [],
    ),
    restart: text(service, 'Restart'),
    condition: { met: unit['ConditionResult']?.value === true, atMs: stamp('ConditionTimestamp').realMs },
    mainPid: (service['MainPID']?.value as number | undefined) ?? 0,
    fileState: text(unit, 'UnitFileState'),
    invocationId: hex(unit['InvocationID']),
    privateIpc: service['PrivateIPC']?.value === true,
    knowsPrivateIpc: service['PrivateIPC'] !== undefined,
    user: text(service, 'User'),
    run: {
      began: stamp('InactiveExitTimestamp'),
      stamps: ['ActiveEnterTimestamp', 'StateChangeTimestamp'].map(stamp).filter(({ realMs }) => realMs > 0),
      leavesNobody:
        /^(control-group|mixed)$/.test(text(service, 'KillMode')) && service['SendSIGKILL']?.value === true,
      isActive: text(unit, 'ActiveState') === 'active',
      invocationId: hex(unit['InvocationID']),
      startPid: exec?.[PID_OF_EXEC] ?? 0,
      main: mainProcess(service),
    },
    execStart: exec === undefined ? null : { path: exec[0], argv: exec[1] },
    startStatus: exec === undefined ? null : startStatus(exec, stamp('InactiveExitTimestamp')),
    failedCommand: failedCommand(service, stamp('InactiveExitTimestamp')),
    environment: (service['Environment']?.value as string[] | undefined) ?? [],
    environmentFiles: ((service['EnvironmentFiles']?.value as [string, boolean][] | undefined) ?? []).map(
      ([path]) => path,
    ),
    type: text(service, 'Type'),
    pidFile: text(service, 'PIDFile') || null,
    workingDirectory: text(service, 'WorkingDirectory'),
    ownRoot: text(service, 'RootDirectory') || text(service, 'RootImage'),
    fragmentPath: text(unit, 'FragmentPath'),
    dropInPaths: (unit['DropInPaths']?.value as string[] | undefined) ?? [],
    startTimeoutMs: limitMs(service['TimeoutStartUSec']),
    stopTimeoutMs: limitMs(service['TimeoutStopUSec']),
    runtimeMaxMs: limitMs(service['RuntimeMaxUSec']),
    memoryMaxBytes: limitOf(service['MemoryMax']),
  };
}

/** Whether the loaded commands of a unit run these scripts. */
export function loadedHooks(
  unit: Properties,
  service: Properties,
  scripts: { startPre: string; stopPost: string },
): LoadedHooks {
  const runs = (property: string, script: string): boolean =>
    ((service[property]?.value as [string, string[]][] | undefined) ?? []).some(([, argv]) =>
      argv.includes(script),
    );
  return {
    startPre: runs('ExecStartPre', scripts.startPre),
    stopPost: runs('ExecStopPost', scripts.stopPost),
    needsReload: needsReload(unit),
  };
}

/** The loaded settings of a service, path or timer, by the properties of the unit and of its type. */
export function loadedSettings(unit: Properties, own: Properties): LoadedSettings & { needsReload: boolean } {
  return {
    commands: ((own['ExecStart']?.value as ExecStatus[] | undefined) ?? []).map(([, argv]) => argv),
    paths: ((own['Paths']?.value as [string, string][] | undefined) ?? []).map(
      ([setting, path]) => `${setting}=${path}`,
    ),
    calendars: ((own['TimersCalendar']?.value as unknown[] | undefined) ?? []).length,
    starts: (own['Unit']?.value as string | undefined) ?? '',
    needsReload: needsReload(unit),
  };
}

function needsReload(unit: Properties): boolean {
  return unit['NeedDaemonReload']?.value === true;
}

function mainProcess(service: Properties): MainProcess | null {
  const pid = (service['ExecMainPID']?.value as number | undefined) ?? 0;
  if (pid === 0) return null;
  const exited = stampOf(service, 'ExecMainExitTimestamp');
  return {
    pid,
    began: stampOf(service, 'ExecMainStartTimestamp'),
    exited: exited.realMs > 0 ? exited : null,
  };
}

function stampOf(of: Properties, key: string): Stamp {
  return { realMs: wholeNumber(of[key]) / 1000, monotonicMs: wholeNumber(of[`${key}Monotonic`]) / 1000 };
}

/** Path, argv, ignore errors, when it began and ended on two clocks, pid, exit code and status (org.freedesktop.systemd1(5)). */
type ExecStatus = [string, string[], boolean, bigint, bigint, bigint, bigint, number, number, number];
const PID_OF_EXEC = 7;
/** sigaction(2). */
const CLD_EXITED = 1;

function startStatus([, , , , , , exitedUs, , code, status]: ExecStatus, began: Stamp): number | null {
  return code === CLD_EXITED && Number(exitedUs) / 1000 >= began.monotonicMs ? status : null;
}

/** In the order in which systemd runs them. Those of httpd-guard itself never decide. */
function failedCommand(service: Properties, began: Stamp): FailedCommand | null {
  for (const setting of ['ExecCondition', 'ExecStartPre', 'ExecStartPost'] as const)
    for (const exec of (service[setting]?.value as ExecStatus[] | undefined) ?? []) {
      const [path, argv, ignored, , , , exitedUs, , code, status] = exec;
      const isOfRun = Number(exitedUs) / 1000 >= began.monotonicMs && exitedUs !== 0n;
      if (!isOfRun || ignored || (code === CLD_EXITED && status === 0)) continue;
      if (argv.some((word) => word.includes('httpd-guard'))) continue;
      const end = code === CLD_EXITED ? `exited with ${status}` : `was killed by signal ${status}`;
      return { setting, command: [path, ...argv.slice(1)], end };
    }
  return null;
}

/** systemd uses the largest 64-bit number for no limit. */
function limitOf(value: Property | undefined): number {
  const limit = wholeNumber(value);
  return limit === 0 || limit > Number.MAX_SAFE_INTEGER ? Infinity : limit;
}

function limitMs(value: Property | undefined): number {
  return limitOf(value) / 1000;
}

export function hex(value: Property | undefined): string {
  return Buffer.from((value?.value as Uint8Array | undefined) ?? []).toString('hex');
}

/** 64-bit numbers arrive as bigint. */
function wholeNumber(value: Property | undefined): number {
  return Number((value?.value as bigint | undefined) ?? 0n);
}
