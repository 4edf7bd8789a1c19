import { because } from '../host/because.ts';
import { dropInPath, guardedUnits, isOurs, readDropIn, removeDropIn } from '../host/drop-in.ts';
import { reloadSystemd } from '../host/reload-systemd.ts';
import { forget } from '../host/remembered-settings.ts';
import { escape } from '../view/escape.ts';
import { type Done, needsRoot } from './done.ts';

export interface UninstallOptions {
  unit?: string | undefined;
  dryRun: boolean;
  json: boolean;
  quiet: boolean;
}

const RELOAD_TIMEOUT_MS = 5_000;

/** Takes the guard away from a unit, or from all units that have it: then everything is as before. */
export async function uninstall(options: UninstallOptions): Promise<Done> {
  if (process.geteuid?.() !== 0) return needsRoot('uninstall');
  const units = options.unit === undefined ? guardedUnits() : [options.unit];
  const did: string[] = [];
  try {
    for (const unit of units) {
      const path = dropInPath(unit);
      const text = readDropIn(path);
      if (text === null) {
        did.push(`${unit} is not guarded`);
        continue;
      }
      if (!isOurs(text)) return refuse(`${path} is not ours`);
      did.push(`${options.dryRun ? 'would remove' : 'removed'} ${path}`);
      if (options.dryRun) continue;
      removeDropIn(path);
      forget(unit);
    }
    if (units.length === 0) did.push('no unit is guarded');
    if (!options.dryRun && did.some((line) => line.startsWith('removed'))) {
      const reloaded = await reloadSystemd(RELOAD_TIMEOUT_MS);
      if (!reloaded.known)
        return refuse(`${did.join(', ')}, but ${reloaded.why}; run: systemctl daemon-reload`);
      did.push('made systemd read it');
    }
  } catch (error) {
    return refuse(because(error));
  }
  if (options.json)
    return {
      stdout: `${JSON.stringify({ units, dryRun: options.dryRun, did }, null, 2)}\n`,
      stderr: '',
      exitCode: 0,
    };
  return { stdout: options.quiet ? '' : `${did.map(escape).join('\n')}\n`, stderr: '', exitCode: 0 };
}

function refuse(why: string): Done {
  return { stdout: '', stderr: `httpd-guard: not uninstalled: ${escape(why)}\n`, exitCode: 1 };
}
