// Runs in the bench's namespaces, as their first process, translated to JavaScript: `inside.cjs FOLDER`, with the built guard and the helpers in FOLDER.
import { existsSync, realpathSync } from 'node:fs';
import { benchLooking } from './looking.ts';
import { Bench } from './measure.ts';
import { benchRemoval } from './removal.ts';
import { load, machine, verdicts } from './report.ts';
import { benchStarting } from './starting.ts';
import { HTTPD_USER_PROCESSES, ROOT_PROCESSES, makeSurroundings } from './surroundings.ts';

/** Whose speed is in the figures; the guard asks perl about each set, and where there is none ipcs about a few. */
const TOOLS = ['sh', 'awk', 'perl'];

function main(folder: string): number {
  makeSurroundings(folder);
  const bench = new Bench(folder);
  process.stdout.write(
    `${machine()}, ${load()}\n` +
      `${TOOLS.map((tool) => `${tool} is ${programOf(tool) ?? 'absent'}`).join(', ')}\n` +
      `Medians, on fresh tables; around: ${ROOT_PROCESSES} processes of root, ${HTTPD_USER_PROCESSES} of httpd's user. No D-Bus, so asking systemd is not in it.\n\n`,
  );
  const targets = [...benchStarting(bench), ...benchRemoval(bench), ...benchLooking(bench)];
  process.stdout.write(`${verdicts(targets)}at the end: ${load()}\n`);
  return targets.every(({ met }) => met) ? 0 : 1;
}

/** A name such as sh or awk says little: which one it is decides how fast the gate is. */
function programOf(tool: string): string | null {
  const path = (process.env['PATH'] ?? '').split(':').map((folder) => `${folder}/${tool}`);
  const found = path.find((file) => existsSync(file));
  return found === undefined ? null : realpathSync(found);
}

try {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('it is run by bench.ts');
  process.exitCode = main(folder);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
// The processes around would keep it waiting; they end with their namespace.
process.exit();
