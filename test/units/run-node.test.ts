import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
