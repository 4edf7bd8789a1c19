import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { because } from '../host/because.ts';
import { dropInPath, fillDropIn, isOurs, readDropIn, writeDropIn } from '../host/drop-in.ts';
import { reloadSystemd } from '../host/reload-systemd.ts';
import { distrust } from '../host/trusted-path.ts';
import { escape } from '../view/escape.ts';
import { type Done, needsRoot } from './done.ts';

export interface InstallOptions {
  unit?: string | undefined;
  dryRun: boolean;
  json: boolean;
  quiet: boolean;
}

const ASK_TIMEOUT_MS = 5_000;
/** systemd fails a start that takes longer, whatever took the time: there must be enough left for httpd. */
const LEAST_START_TIMEOUT_MS = 10_000;

/** Puts the guard before each start of the unit. Again is as good as once. */
export async function install(options: InstallOptions): Promise<Done> {
  if (process.geteuid?.() !== 0) return needsRoot('install');
  const { findServer } = await import('../host/find-server.ts');
  const server = await findServer(options.unit, options.dryRun ? 'only look' : 'remember', ASK_TIMEOUT_MS);
  if (!server.unit.known) return refuse(server.unit.why);
  const { name: unit, startTimeoutMs } = server.unit.value;
  if (!server.owner.known)
    return refuse(`whose sets to clear before ${unit} is not known: ${server.owner.why}`);
  if (startTimeoutMs < LEAST_START_TIMEOUT_MS) {
    return refuse(
      `${unit} has ${startTimeoutMs / 1000} s to start (TimeoutStartSec=), and the guard may need 5 of them; raise it to 10 or more`,
    );
  }
  const path = dropInPath(unit);
  try {
    const text = dropInText();
    const before = readDropIn(path);
    if (before !== null && !isOurs(before)) return refuse(`${path} is not ours; move it away first`);
    if (before === text) return show(options, unit, [`${path} is in place already`]);
    if (options.dryRun)
      return show(options, unit, [
        `would write ${path}:`,
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => `  ${line}`),
      ]);
    writeDropIn(path, text);
    const reloaded = await reloadSystemd(ASK_TIMEOUT_MS);
    if (!reloaded.known)
      return refuse(`${path} is written, but ${reloaded.why}; run: systemctl daemon-reload`);
    return show(options, unit, [`wrote ${path}`, 'made systemd read it', ...server.missing]);
  } catch (error) {
    return refuse(because(error));
  }
}

/** The gate and the template lie beside the bundle that runs. */
function dropInText(): string {
  const beside = (name: string): string => join(import.meta.dirname, name);
  const gate = beside('gate');
  for (const path of [gate, process.execPath]) {
    const why = distrust(path);
    if (why !== null)
      throw new Error(
        `root would run ${path} at each start, but ${why}; install the guard with scripts/install.sh first`,
      );
  }
  return fillDropIn(readFileSync(beside('50-httpd-guard.conf'), 'utf8'), gate, process.execPath);
}

function refuse(why: string): Done {
  return { stdout: '', stderr: `httpd-guard: not installed: ${escape(why)}\n`, exitCode: 1 };
}

function show({ json, quiet, dryRun }: InstallOptions, unit: string, did: string[]): Done {
  const undo = `httpd-guard uninstall --unit ${unit}`;
  if (json)
    return { stdout: `${JSON.stringify({ unit, dryRun, did, undo }, null, 2)}\n`, stderr: '', exitCode: 0 };
  const lines = [...did, ...(dryRun ? [] : [`${unit} is guarded at each start; undo it with: ${undo}`])];
  return { stdout: quiet ? '' : `${lines.map(escape).join('\n')}\n`, stderr: '', exitCode: 0 };
}
