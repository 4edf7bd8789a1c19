import { basename } from 'node:path';
import type { UnitListing } from '../core/httpd/choose-unit.ts';
import { lineDiff } from '../core/text/line-diff.ts';
import { shellWord } from '../core/text/shell-word.ts';
import { installObstacle } from '../core/units/install-obstacle.ts';
import { type UnitFacts, isForOthersToStart } from '../core/units/unit-facts.ts';
import { errorReason } from '../host/files/error-reason.ts';
import { forUnit, readConfiguration } from '../host/config/configuration.ts';
import { SystemdSession } from '../host/systemd/systemd-session.ts';
import {
  METRICS_TIMER,
  REQUEST_UNIT,
  WATCH_UNIT,
  guardedUnits,
  isMasked,
  isOurs,
  ownUnitPath,
} from '../host/systemd/unit-files.ts';
import { withLock } from '../host/state/lock.ts';
import { findTextfile } from '../host/files/textfile.ts';
import { whyEnvironmentUntrusted } from '../host/httpd/unit-environment.ts';
import { type UnitFile, differs, placeUnits, unitFiles } from '../workflows/place-units.ts';
import { escape } from '../view/escape.ts';
import { type Installation, installationJson, installationText } from '../view/installation.ts';
import { jsonText } from '../view/json-text.ts';
import type { Change } from '../view/schemas/parts.ts';
import { type CommonOptions, type CommandResult, isRoot, needsRoot } from './command-result.ts';
import { findServer, serverChoice } from '../workflows/servers/find-server.ts';
import { remember } from '../workflows/sets/keep-register.ts';
import { readSnapshot } from '../workflows/sets/take-snapshot.ts';

export interface InstallOptions extends Pick<CommonOptions, 'unit' | 'config' | 'json' | 'quiet'> {
  dryRun: boolean;
}

const ASK_TIMEOUT_MS = 5_000;

/** Installs the hooks of a unit, and the watcher. Idempotent. */
export async function install(options: InstallOptions): Promise<CommandResult> {
  if (options.dryRun) return installNow(options);
  if (!isRoot()) return needsRoot('install');
  const done = await withLock('install', () => installNow(options));
  return done.ok ? done.value : refuse(done.why);
}

async function installNow(options: InstallOptions): Promise<CommandResult> {
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return refuse(configuration.why);
  const choice = serverChoice(options.unit, configuration.value);
  const server = await findServer(
    choice,
    options.dryRun ? 'read-only' : 'cache',
    SystemdSession.within(ASK_TIMEOUT_MS),
  );
  if (!server.unit.known) return refuse(server.unit.why);
  const obstacle = obstacleOf(server.unit.value);
  if (obstacle !== null) return refuse(obstacle);
  const unit = server.unit.value.name;
  if (!server.owner.known) return refuse(`the owner of the sets of ${unit} is unknown: ${server.owner.why}`);
  try {
    const directory = forUnit(configuration.value, unit).values['monitor.textfile'];
    const textfile = findTextfile(directory);
    const without =
      directory !== null && textfile === null
        ? [`metrics are not written: ${directory} is not a directory`]
        : [];
    const files = unitFiles(server.unit.value, textfile);
    const masked = files.find(({ path }) => isMasked(path));
    if (masked !== undefined) {
      const name = basename(masked.path);
      return refuse(`${name} is masked; to unmask it: systemctl unmask ${name}`);
    }
    const foreign = files.find(({ before }) => before !== null && !isOurs(before));
    if (foreign !== undefined)
      return refuse(`${foreign.path} was not written by httpd-guard; move it away first`);
    const missing = files.filter(differs);
    const stopped = await stoppedUnits(textfile !== null);
    if (options.dryRun) {
      const diff = missing.flatMap(({ path, before, text }) => lineDiff(path, before, text));
      return show(options, {
        unit,
        did: [...changesOf('would-write', missing), ...startsOf('would-start', stopped)],
        diff,
        notes: without,
      });
    }
    const placed = await placeUnits(unit, files);
    // The first look: what is not in it was made later.
    remember(await readSnapshot(server.owner, SystemdSession.within(ASK_TIMEOUT_MS)));
    if (!placed.ok) return refuse(placed.why);
    return show(options, {
      unit,
      did: [
        ...changesOf('wrote', missing),
        ...(missing.length === 0 ? [] : [{ path: null, action: 'reloaded' } as const]),
        ...startsOf('started', stopped),
      ],
      diff: [],
      notes: [
        ...(missing.length === 0 ? [] : server.missing),
        ...without,
        ...notBroughtBack(server.unit.value),
        ...unguarded(server.otherUnits),
      ],
    });
  } catch (error) {
    return refuse(errorReason(error));
  }
}

function obstacleOf(unit: UnitFacts): string | null {
  // The environment of a unit with a root of its own names files in that root.
  return installObstacle(unit, unit.ownRoot === '' ? whyEnvironmentUntrusted(unit) : null);
}

function notBroughtBack({ name, fileState }: UnitFacts): string[] {
  return isForOthersToStart(fileState)
    ? [
        `${name} is ${fileState}: orphaned sets are removed before its starts, but httpd-guard never starts it`,
      ]
    : [];
}

function unguarded(units: readonly UnitListing[]): string[] {
  const guarded = guardedUnits();
  return units
    .map(({ name }) => name)
    .filter((unit) => !guarded.includes(unit))
    .map((unit) => `${unit} is not guarded. To guard it: httpd-guard install --unit ${shellWord(unit)}`);
}

function refuse(why: string): CommandResult {
  return { stdout: '', stderr: `httpd-guard: not installed: ${escape(why)}\n`, exitCode: 1 };
}

function changesOf(action: 'wrote' | 'would-write', files: readonly UnitFile[]): Change[] {
  return files.map(({ path }) => ({ path, action }));
}

/** Those of our units that must run and do not, so that `install` starts them; none that systemd cannot report. */
async function stoppedUnits(hasMetrics: boolean): Promise<string[]> {
  const systemd = SystemdSession.within(ASK_TIMEOUT_MS);
  const stopped: string[] = [];
  for (const name of [WATCH_UNIT, REQUEST_UNIT, ...(hasMetrics ? [METRICS_TIMER] : [])]) {
    const facts = await systemd.ask((open) => open.readUnit(name));
    if (facts.known && facts.value.active !== 'active') stopped.push(name);
  }
  return stopped;
}

function startsOf(action: 'started' | 'would-start', names: readonly string[]): Change[] {
  return names.map((name) => ({ path: ownUnitPath(name), action }));
}

function show(
  { json, quiet, dryRun }: InstallOptions,
  found: Omit<Installation, 'dryRun' | 'undo'>,
): CommandResult {
  const undo = `httpd-guard uninstall --unit ${shellWord(found.unit)}`;
  const installation = { ...found, dryRun, undo };
  const text = quiet ? '' : installationText(installation);
  return { stdout: json ? jsonText(installationJson(installation)) : text, stderr: '', exitCode: 0 };
}
