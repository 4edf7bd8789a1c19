import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';

/** A stand-in that reports a version and prints its arguments. */
function node(t: Test, version: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-test-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(`${folder}/node`, `#!/bin/sh\n[ "$1" = --version ] && { ${version}; exit; }\necho "$@"\n`, {
    mode: 0o755,
  });
  return `${folder}/node`;
}

function run(...args: string[]) {
  return spawnSync('sh', ['units/run-node', ...args], { encoding: 'utf8' });
}

void t.test('the options without JIT are those of this Node', async (t) => {
  for (const [version, options] of [
    ['v20.20.2', '--no-expose-wasm --jitless'],
    ['v22.23.5', '--no-expose-wasm --jitless'],
    ['v24.22.3', '--jitless'],
    ['v26.12.1', '--jitless'],
  ] as const)
    t.match(run(node(t, `echo ${version}`), '--jitless', 'a.cjs', 'watch'), {
      status: 0,
      stdout: `${options} a.cjs watch\n`,
    });
  t.match(run(node(t, 'exit 1'), 'a.cjs', 'recover'), { status: 0, stdout: 'a.cjs recover\n' });
});

void t.test('the Node of this run prints nothing with them', async (t) => {
  t.match(run(process.execPath, '--jitless', '-e', 'console.log(typeof WebAssembly)'), {
    status: 0,
    stdout: /^(undefined|object)\n$/,
    stderr: '',
  });
});

void t.test('a Node that does not run is reported once, with the fix', async (t) => {
  const cases: [string, RegExp][] = [
    ['/nowhere/node', /^<3>httpd-guard: \/nowhere\/node cannot be executed\. To fix: httpd-guard install\n$/],
    [node(t, 'exit 127'), /does not run\./],
    [node(t, 'echo v18.20.4'), /of a version that httpd-guard does not support\./],
  ];
  for (const [path, line] of cases)
    t.match(run(path, '--jitless', 'a.cjs', 'watch'), { status: 78, stdout: line });
});

void t.test('a Node that crashes is reported, if it is damaged', async (t) => {
  const crashing = `${t.testdir({})}/crashing`;
  writeFileSync(crashing, '#!/bin/sh\nkill -SEGV $$\n', { mode: 0o755 });
  t.match(run(crashing, 'a.cjs', 'watch'), {
    status: 78,
    stdout: `<3>httpd-guard: ${crashing} crashed (exit status 139). To fix: httpd-guard install\n`,
  });
  const once = `${t.testdirName}/once`;
  writeFileSync(once, '#!/bin/sh\n[ "$1" = --version ] || kill -SEGV $$\n', { mode: 0o755 });
  t.match(run(once, 'a.cjs', 'watch'), { status: 139, stdout: '' }, 'once, and systemd starts it again');
});

void t.test("of a package's own Node the fix is the package", async (t) => {
  const folder = t.testdir({});
  mkdirSync(`${folder}/bin`);
  copyFileSync('units/run-node', `${folder}/run-node`);
  writeFileSync(`${folder}/bin/node`, '');
  chmodSync(`${folder}/bin/node`, 0o755);
  const { status, stdout } = spawnSync(
    'sh',
    [`${folder}/run-node`, `${folder}/bin/node`, '--jitless', 'a.cjs', 'watch'],
    { encoding: 'utf8' },
  );
  t.equal(status, 78, 'an empty one, which a shell would run as an empty script');
  t.match(stdout, /cannot be executed\. To fix: install the package or tarball of httpd-guard again\n$/);
});
