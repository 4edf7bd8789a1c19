import { readFileSync } from 'node:fs';
import t from 'tap';
import { reach } from '../reach.ts';

/** Whatever reads lines of a log, or judges them. */
const READS_LOGS =
  /^src\/((core|host)\/logs\/|workflows\/diagnosis\/(read-run-log|diagnose)\.ts|core\/diagnosis\/(explain-failure|last-lines)\.ts)/;

/** Whatever starts, stops, kills or removes, and whatever writes outside the watcher's runtime directory. */
const HAS_POWER =
  /\/(systemd-actions|systemctl|terminate|remove-[^/]*|semaphore-tool|recover|serve-requests|attempts|take-request|keep-[^/]*|settings-cache|lock|run-hook|write-atomically|textfile|kernel-sem|sysctl-files)\.ts$/;

/** What of node:fs only reads. */
const READS =
  /^(readFileSync|readdirSync|existsSync|statSync|lstatSync|fstatSync|statfsSync|readlinkSync|openSync|readSync|closeSync|watch|constants)$/;

/** Names that files import from a module of Node, by file; files without any are left out. */
function namesFrom(module: string, files: readonly string[]): Record<string, string[]> {
  const pattern = new RegExp(`^import (?!type )(.*?) from '${module}(?:/promises)?'`, 'gms');
  const found = files.map((file): [string, string[]] => [
    file,
    [...readFileSync(file, 'utf8').matchAll(pattern)].flatMap(([, names = '']) =>
      names
        .replace(/[{}]/g, '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('type ')),
    ),
  ]);
  return Object.fromEntries(found.filter(([, names]) => names.length > 0));
}

void t.test('reach follows static and dynamic imports and re-exports, and no types', async (t) => {
  const root = t.testdir({
    'entry.ts': `import { a } from './static.ts';
import type { T } from './only-types.ts';
export { b } from './re-exported.ts';
export * from './all.ts';
export const load = async (): Promise<T> => { a(); return import('./dynamic.ts'); };`,
    'static.ts': "export const a = async () => (await import('./behind.ts')).x;",
    'behind.ts': 'export const x = 1;',
    'only-types.ts': 'export type T = unknown;',
    're-exported.ts': 'export const b = 1;',
    'all.ts': 'export const c = 1;',
    'dynamic.ts': 'export default 1;',
    'unrelated.ts': 'export const d = 1;',
  });
  t.strictSame(await reach('entry.ts', root), [
    'all.ts',
    'behind.ts',
    'dynamic.ts',
    'entry.ts',
    're-exported.ts',
    'static.ts',
  ]);
});

void t.test('code with privileges cannot reach the readers of logs', async (t) => {
  for (const command of ['recover', 'pre-start', 'clean']) {
    const files = await reach(`src/commands/${command}.ts`);
    t.ok(files.includes('src/workflows/sets/remove-orphans.ts'), `${command} has power`);
    t.strictSame(
      files.filter((file) => READS_LOGS.test(file)),
      [],
      `${command} cannot reach a reader of logs`,
    );
    t.strictSame(
      files.filter((file) => /\(\s*\[?'journalctl'|file: 'journalctl'/.test(readFileSync(file, 'utf8'))),
      [],
      `${command} cannot run journalctl`,
    );
  }
});

void t.test('the same walk finds the readers of logs', async (t) => {
  for (const [command, reader] of [
    ['diagnose', 'src/host/logs/read-run-messages.ts'],
    ['diagnose', 'src/core/diagnosis/explain-failure.ts'],
    ['post-stop', 'src/workflows/diagnosis/read-run-log.ts'],
    ['watch', 'src/host/logs/follow-journal.ts'],
    ['history', 'src/host/logs/read-history.ts'],
  ] as const) {
    const files = await reach(`src/commands/${command}.ts`);
    t.ok(files.includes(reader), `${command} reaches ${reader}`);
    t.match(reader, READS_LOGS);
  }
});

void t.test('code that reads logs has no privileges: the watcher cannot reach what acts', async (t) => {
  const files = await reach('src/commands/watch.ts');
  t.strictSame(
    files.filter((file) => HAS_POWER.test(file)),
    [],
  );
  const writers = Object.entries(namesFrom('node:fs', files)).map(([file, names]): [string, string[]] => [
    file,
    names.filter((name) => !READS.test(name)),
  ]);
  t.strictSame(
    Object.fromEntries(writers.filter(([, names]) => names.length > 0)),
    {
      'src/host/output/stderr-log.ts': ['writeSync'],
      'src/host/state/write-request.ts': ['renameSync', 'writeFileSync'],
      'src/host/systemd/watchdog.ts': ['writeSync'],
    },
    'it writes its request, and lines to stderr',
  );
  t.strictSame(
    Object.keys(namesFrom('node:child_process', files)),
    ['src/host/exec/spawn-tool.ts', 'src/host/logs/follow-journal.ts'],
    'it runs journalctl, and systemd-notify or logger to notify systemd',
  );
});

void t.test('the same walk finds the code that acts', async (t) => {
  const files = await reach('src/commands/recover.ts');
  for (const name of [
    'host/systemd/systemd-actions',
    'host/proc/terminate',
    'host/sysvipc/semaphore-tool',
    'host/sysvipc/remove-by-ipcrm',
    'host/state/attempts',
    'host/state/take-request',
  ]) {
    t.ok(files.includes(`src/${name}.ts`), `recover reaches ${name}`);
    t.match(`src/${name}.ts`, HAS_POWER);
  }
});

void t.test('methods of systemd that act are in one file', async (t) => {
  const acts =
    /'((Start|Stop|Restart|TryRestart|Reload|ReloadOrRestart|Kill|ResetFailed|Freeze|Clean|StartTransient)Unit|ResetFailed|Reload|Reexecute|(Enable|Disable|Mask)UnitFiles|SetUnitProperties)'/;
  const files = await reach('src/cli.ts');
  const named = files.filter(
    (file) => file.startsWith('src/host/systemd/') && acts.test(readFileSync(file, 'utf8')),
  );
  t.strictSame(named, ['src/host/systemd/systemd-actions.ts']);
});
