// npm run bench: what the guard costs a start of httpd, against the loop that people paste into theirs; how soon it is
// installed, and brings httpd back; and what its watcher costs.
// Here, outside: a build of the present sources and the helpers, in a temporary folder; then inside.ts in namespaces of its
// own, and in-lab.ts with the lab's containers, where these work. Exit codes, the highest counts: 0 all targets met, 1 one
// missed, 2 one could not be measured, 3 something needed is missing.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { labObstacle } from './lab-obstacle.ts';
import { must } from './must.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const HERE = join(REPOSITORY, 'test/bench');
const PROGRAMS = ['make-sets', 'remove-only', 'time-run'];
/** Where each is from, to name the package that is missing. */
const NEEDED = {
  gcc: ['gcc'],
  'util-linux': ['unshare', 'mount', 'ipcs', 'ipcrm', 'setpriv'],
  awk: ['awk'],
};

process.exitCode = whatIsMissing() ?? (await bench());

function whatIsMissing(): number | null {
  const missing = Object.entries(NEEDED).filter(([, tools]) => !tools.every(isThere));
  const names = missing.map(([name]) => name);
  if (process.geteuid?.() !== 0) names.push('root (for namespaces, and to remove sets of others)');
  if (names.length === 0) return null;
  process.stderr.write(`bench: needs ${names.join(', ')}\n`);
  return 3;
}

function isThere(tool: string): boolean {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined;
}

async function bench(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-bench-'));
  try {
    buildGuard(join(folder, 'guard'));
    for (const name of PROGRAMS)
      must('gcc', '-O2', '-Wall', '-o', join(folder, name), join(HERE, `${name}.c`));
    return Math.max(await runInside(folder), await runInLab(folder));
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A copy is built, so that what is measured is what the sources say, and nobody's dist changes under way. */
function buildGuard(target: string): void {
  const left = new Set(['node_modules', '.git', '.tap', 'dist'].map((name) => join(REPOSITORY, name)));
  cpSync(REPOSITORY, target, { recursive: true, filter: (path) => !left.has(path) });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(target, 'node_modules'));
  must(process.execPath, join(target, 'scripts/build.mjs'));
}

/** No semaphore of the host can be met in there. The guard wants to see every process, so it gets a /proc of its own. */
function runInside(folder: string): Promise<number> {
  // The first process of a pid namespace cannot be interrupted: its parent is ended, and it dies with that.
  // Translated before: what translates it while it runs would be one more process of root in there, and a large one.
  const inside = join(folder, 'inside.cjs');
  buildSync({ entryPoints: [join(HERE, 'inside.ts')], outfile: inside, bundle: true, platform: 'node' });
  return runPart('SIGKILL', 'unshare', [
    '--ipc',
    '--pid',
    '--mount',
    '--fork',
    '--mount-proc',
    '--kill-child',
    process.execPath,
    inside,
    folder,
  ]);
}

/** The copy's own, so that what it installs is the build of the copy. */
function runInLab(folder: string): Promise<number> | number {
  const obstacle = labObstacle(REPOSITORY);
  if (obstacle === null)
    return runPart('SIGTERM', process.execPath, [
      ...process.execArgv,
      join(folder, 'guard/test/bench/in-lab.ts'),
    ]);
  process.stdout.write(
    `\nnot measured: install, recovery, watcher, burst, for the lab does not work here: ${obstacle}\n`,
  );
  return 2;
}

/** Answers with its exit code. `end` is what ends it, when this program is to end. */
function runPart(end: NodeJS.Signals, file: string, args: string[]): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit' });
  let isToEnd = false;
  const forward = (): void => {
    isToEnd = true;
    child.kill(end);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward);
      if (code === null || isToEnd) reject(new Error(`${basename(file)} was ended`));
      else resolve(code);
    });
  });
}
