import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Fact } from '../core/fact.ts';
import { lineDiff } from '../core/line-diff.ts';
import { because } from '../host/because.ts';
import { readConfiguration, wantedServer } from '../host/configuration.ts';
import {
  METRICS_TIMER,
  METRICS_UNITS,
  OWN_UNITS,
  REQUEST_UNIT,
  WATCH_UNIT,
  dropInPath,
  fillUnit,
  guardedUnits,
  isOurs,
  ownUnitPath,
  readDropIn,
  removeDropIn,
} from '../host/drop-in.ts';
import { findTextfile } from '../host/textfile.ts';
import { distrust } from '../host/trusted-path.ts';
import { systemctl } from '../host/systemctl.ts';
import { verifyUnits } from '../host/verify-units.ts';
import { writeWhole } from '../host/write-whole.ts';
import { withSystemd } from '../host/with-systemd.ts';
import { escape } from '../view/escape.ts';
import { type CommonOptions, type Done, needsRoot } from './done.ts';

export interface InstallOptions extends CommonOptions {
  dryRun: boolean;
}

const ASK_TIMEOUT_MS = 5_000;
/** systemd fails a start or a stop that takes longer, whatever took the time: there must be enough left for httpd. */
const LEAST_TIMEOUT_MS = 10_000;

/** Puts the guard before each start of the unit. Again is as good as once. */
export async function install(options: InstallOptions): Promise<Done> {
  if (process.geteuid?.() !== 0) return needsRoot('install');
  const { findServer } = await import('../host/find-server.ts');
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return refuse(configuration.why);
  const wanted = wantedServer(options.unit, configuration.value);
  const server = await findServer(wanted, options.dryRun ? 'only look' : 'remember', ASK_TIMEOUT_MS);
  if (!server.unit.known) return refuse(server.unit.why);
  const { name: unit, startTimeoutMs, stopTimeoutMs, privateIpc } = server.unit.value;
  if (privateIpc)
    return refuse(
      `${unit} has an IPC namespace of its own (PrivateIPC=yes): its sets die with it, and none is left to clear. What an httpd left here before goes with: httpd-guard clean`,
    );
  if (!server.owner.known)
    return refuse(`whose sets to clear before ${unit} is not known: ${server.owner.why}`);
  for (const [ms, what, setting] of [
    [startTimeoutMs, 'start', 'TimeoutStartSec='],
    [stopTimeoutMs, 'stop', 'TimeoutStopSec='],
  ] as const) {
    if (ms < LEAST_TIMEOUT_MS)
      return refuse(
        `${unit} has ${ms / 1000} s to ${what} (${setting}), and the guard may need 5 of them; raise it to 10 or more`,
      );
  }
  try {
    const directory = configuration.value.values['monitor.textfile'];
    const textfile = findTextfile(directory);
    const without =
      directory !== null && textfile === null
        ? [`no metrics are written: ${directory} is not a directory`]
        : [];
    const files = filesFor(unit, textfile);
    const foreign = files.find(({ before }) => before !== null && !isOurs(before));
    if (foreign !== undefined) return refuse(`${foreign.path} is not ours; move it away first`);
    const missing = files.filter(({ before, text }) => before !== text);
    if (options.dryRun)
      return show(options, unit, [
        ...(missing.length === 0
          ? [IN_PLACE]
          : missing.flatMap(({ path, before, text }) => lineDiff(path, before, text))),
        ...without,
      ]);
    for (const { path, text } of missing) writeWhole(path, text);
    const ownUnits = files.slice(1).map(({ path }) => basename(path));
    const complaint = missing.length === 0 ? null : await verifyUnits([unit, ...ownUnits], OUR_FILES);
    if (complaint !== null) {
      missing.forEach(restore);
      return refuse(`systemd would not take it: ${complaint}`);
    }
    const started = await startWatching(missing.length > 0, textfile === null ? [] : [METRICS_TIMER]);
    if (!started.known)
      return refuse(`the files are written, but ${started.why}; run: systemctl daemon-reload`);
    const did = missing.map(({ path }) => `wrote ${path}`);
    return show(options, unit, [
      ...(did.length === 0 ? [IN_PLACE] : [...did, 'made systemd read it', ...server.missing]),
      ...without,
      ...unguarded(server.otherUnits),
    ]);
  } catch (error) {
    return refuse(because(error));
  }
}

/** Lines of a complaint that are about us, not about the vendor's unit. */
const OUR_FILES = /httpd-guard/;
const IN_PLACE = 'everything is in place already';

interface UnitFile {
  path: string;
  text: string;
  before: string | null;
}

function restore({ path, before }: UnitFile): void {
  if (before === null) removeDropIn(path);
  else writeWhole(path, before);
}

function unguarded(units: readonly string[]): string[] {
  const guarded = guardedUnits();
  return units
    .filter((unit) => !guarded.includes(unit))
    .map((unit) => `${unit} is here too, and not guarded: httpd-guard install --unit ${unit}`);
}

/** The drop-in of the unit, and the guard's own units. The scripts and the templates lie beside the bundle that runs. */
function filesFor(unit: string, textfile: string | null): UnitFile[] {
  const lib = import.meta.dirname;
  for (const path of [join(lib, 'gate'), join(lib, 'post-stop'), process.execPath]) {
    const why = distrust(path);
    if (why !== null)
      throw new Error(
        `root would run ${path} at each start, but ${why}; install the guard with scripts/install.sh first`,
      );
  }
  const paths = { lib, node: process.execPath, ...(textfile === null ? {} : { textfile }) };
  const file = (path: string, template: string): UnitFile => ({
    path,
    text: fillUnit(readFileSync(join(lib, template), 'utf8'), paths),
    before: readDropIn(path),
  });
  return [
    file(dropInPath(unit), '50-httpd-guard.conf'),
    ...[...OWN_UNITS, ...(textfile === null ? [] : METRICS_UNITS)].map((name) =>
      file(ownUnitPath(name), name),
    ),
  ];
}

/** The watcher learns at its start which units there are. */
async function startWatching(changed: boolean, timers: readonly string[]): Promise<Fact<string>> {
  if (changed) {
    const reloaded = await withSystemd((systemd) => systemd.daemonReload());
    if (!reloaded.known) return reloaded;
  }
  const enabled = await systemctl('enable', '--now', REQUEST_UNIT, WATCH_UNIT, ...timers);
  return enabled.known && changed ? systemctl('try-restart', WATCH_UNIT, ...timers) : enabled;
}

function refuse(why: string): Done {
  return { stdout: '', stderr: `httpd-guard: not installed: ${escape(why)}\n`, exitCode: 1 };
}

function show({ json, quiet, dryRun }: InstallOptions, unit: string, did: string[]): Done {
  const undo = `httpd-guard uninstall --unit ${unit}`;
  if (json)
    return { stdout: `${JSON.stringify({ unit, dryRun, did, undo }, null, 2)}\n`, stderr: '', exitCode: 0 };
  const lines = [...did, ...(dryRun ? [] : [`${unit} is guarded; undo it with: ${undo}`])];
  return { stdout: quiet ? '' : `${lines.map(escape).join('\n')}\n`, stderr: '', exitCode: 0 };
}
