import type { UnitListing } from '../core/httpd/choose-unit.ts';
import { lineDiff } from '../core/text/line-diff.ts';
import { shellWord } from '../core/text/shell-word.ts';
import { installObstacle } from '../core/units/install-obstacle.ts';
import { type UnitFacts, isForOthersToStart } from '../core/units/unit-facts.ts';
import { errorReason } from '../host/files/error-reason.ts';
import { readConfiguration } from '../host/config/configuration.ts';
import { SystemdSession } from '../host/systemd/systemd-session.ts';
import { guardedUnits, isOurs } from '../host/systemd/unit-files.ts';
import { withLock } from '../host/state/lock.ts';
import { findTextfile } from '../host/files/textfile.ts';
import { whyEnvironmentUntrusted } from '../host/httpd/unit-environment.ts';
import { differs, placeUnits, unitFiles } from '../workflows/place-units.ts';
import { escape } from '../view/escape.ts';
import { type CommonOptions, type CommandResult, needsRoot } from './command-result.ts';
import { findServer, serverChoice } from '../workflows/find-server.ts';

export interface InstallOptions extends Pick<CommonOptions, 'unit' | 'config' | 'json' | 'quiet'> {
  dryRun: boolean;
}

const ASK_TIMEOUT_MS = 5_000;
const IN_PLACE = 'everything is in place already';

/** Puts the guard before each start of the unit. Again is as good as once. */
export async function install(options: InstallOptions): Promise<CommandResult> {
  if (process.geteuid?.() !== 0) return needsRoot('install');
  if (options.dryRun) return installNow(options);
  const done = await withLock(() => installNow(options));
  return done.ok ? done.value : refuse(done.why);
}

async function installNow(options: InstallOptions): Promise<CommandResult> {
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return refuse(configuration.why);
  const wanted = serverChoice(options.unit, configuration.value);
  const server = await findServer(
    wanted,
    options.dryRun ? 'read-only' : 'cache',
    SystemdSession.within(ASK_TIMEOUT_MS),
  );
  if (!server.unit.known) return refuse(server.unit.why);
  const obstacle = obstacleOf(server.unit.value);
  if (obstacle !== null) return refuse(obstacle);
  const unit = server.unit.value.name;
  if (!server.owner.known)
    return refuse(`whose sets to clear before ${unit} is not known: ${server.owner.why}`);
  try {
    const directory = configuration.value.values['monitor.textfile'];
    const textfile = findTextfile(directory);
    const without =
      directory !== null && textfile === null
        ? [`no metrics are written: ${directory} is not a directory`]
        : [];
    const files = unitFiles(unit, textfile);
    const foreign = files.find(({ before }) => before !== null && !isOurs(before));
    if (foreign !== undefined) return refuse(`${foreign.path} is not ours; move it away first`);
    const missing = files.filter(differs);
    const inPlace = missing.length === 0 ? [IN_PLACE] : [];
    if (options.dryRun) {
      const changes = missing.flatMap(({ path, before, text }) => lineDiff(path, before, text));
      return show(options, unit, [...inPlace, ...changes, ...without]);
    }
    const placed = await placeUnits(unit, files);
    if (!placed.ok) return refuse(placed.why);
    const did = missing.map(({ path }) => `wrote ${path}`);
    return show(options, unit, [
      ...inPlace,
      ...(did.length === 0 ? [] : [...did, 'made systemd read it', ...server.missing]),
      ...without,
      ...notBroughtBack(server.unit.value),
      ...unguarded(server.otherUnits),
    ]);
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
        `${name} is ${fileState}: what a dead one left is cleared at its starts, but the guard never starts it`,
      ]
    : [];
}

function unguarded(units: readonly UnitListing[]): string[] {
  const guarded = guardedUnits();
  return units
    .map(({ name }) => name)
    .filter((unit) => !guarded.includes(unit))
    .map((unit) => `${unit} is here too, and not guarded: httpd-guard install --unit ${shellWord(unit)}`);
}

function refuse(why: string): CommandResult {
  return { stdout: '', stderr: `httpd-guard: not installed: ${escape(why)}\n`, exitCode: 1 };
}

function show({ json, quiet, dryRun }: InstallOptions, unit: string, did: string[]): CommandResult {
  const undo = `httpd-guard uninstall --unit ${shellWord(unit)}`;
  if (json)
    return { stdout: `${JSON.stringify({ unit, dryRun, did, undo }, null, 2)}\n`, stderr: '', exitCode: 0 };
  const lines = [...did, ...(dryRun ? [] : [`${unit} is guarded; undo it with: ${undo}`])];
  return { stdout: quiet ? '' : `${lines.map(escape).join('\n')}\n`, stderr: '', exitCode: 0 };
}
