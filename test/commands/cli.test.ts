import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import t from 'tap';

function guard(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/httpd-guard.cjs', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

void t.test('a usage error has exit status 64 and one line', async (t) => {
  const wrong = [
    [],
    ['nosuch'],
    ['check', '--nosuch'],
    ['check', '--format', 'xml'],
    ['check', '--warn', '101'],
    ['check', '--warn', '90', '--crit', '80'],
    ['check', '--crit', 'x'],
    ['check', '--output'],
    ['check', '--output', '/tmp/x'],
    ['check', '--format', 'nagios', '--output', '/tmp/x'],
    ['check', 'more'],
    ['check', '--unit'],
    ['check', '--unit', 'a/b'],
    ['check', '--unit', 'a\nb'],
    ['recover', '--config'],
    ['recover', '--requested', '--unit', 'x'],
    ['history', '--since'],
    ['clean', '--set'],
    ['clean', '--set', '-1'],
    ['clean', '--set', '1.5'],
    ['clean', '--set', '99999999999'],
    ['limits', '--raise'],
    ['limits', '--raise', '0'],
    ['limits', '--raise', '1.5'],
    ['limits', '--raise', 'many'],
  ];
  for (const args of wrong) {
    const { status, stdout, stderr } = guard(...args);
    t.equal(status, 64, JSON.stringify(args));
    t.equal(stdout, '');
    t.match(stderr, /^httpd-guard: [^\n]+\n$/, JSON.stringify(args));
  }
});

void t.test('every command has help with an example', async (t) => {
  for (const command of [
    'check',
    'clean',
    'pre-start',
    'post-stop',
    'diagnose',
    'recover',
    'limits',
    'history',
    'watch',
    'install',
    'uninstall',
  ]) {
    const { status, stdout, stderr } = guard(command, '--help');
    t.equal(status, 0);
    t.equal(stderr, '');
    for (const part of [
      'Examples:',
      `httpd-guard ${command}`,
      'Exit codes:',
      '--unit',
      '--json',
      '--quiet',
      '--verbose',
    ])
      t.match(stdout, part, command);
  }
  t.match(guard('--help').stdout, 'clean');
  t.match(guard('--version'), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' });
});

void t.test('pre-start never fails', async (t) => {
  const { status, stderr } = guard('pre-start', '--unit', 'nosuch.service');
  t.equal(status, 0);
  t.match(stderr, /^httpd-guard: nothing was removed before this start: [^\n]+\n$/);
  t.equal(guard('pre-start', '--unit', 'nosuch.service', '--strict').status, 3);
});

void t.test('metrics are written to a file atomically, and stdout is empty', async (t) => {
  const folder = t.testdir({ 'm.prom': 'old' });
  const output = `${folder}/m.prom`;
  const written = guard('check', '--format', 'prometheus', '--unit', 'nosuch', '--output', output);
  t.strictSame(written, { status: 0, stdout: '', stderr: '' });
  t.match(readFileSync(output, 'utf8'), 'httpd_guard_status{unit="nosuch.service",status="');
  t.strictSame(readdirSync(folder), ['m.prom']);
  const refused = guard('check', '--format', 'prometheus', '--output', `${folder}/none/m.prom`);
  t.equal(refused.status, 73);
  t.equal(refused.stdout, '');
  t.match(
    refused.stderr,
    /^httpd-guard: the metrics were not written: [^\n]*none: it does not exist \(ENOENT\)[^\n]+\n$/,
  );
});

void t.test('a monitoring plugin reports a wrong configuration on stdout', async (t) => {
  const config = `${t.testdir({ 'c.toml': 'x = 1' })}/c.toml`;
  const { status, stdout, stderr } = guard('check', '--format', 'nagios', '--config', config);
  t.equal(status, 3);
  t.match(stdout, /^HTTPD-GUARD UNKNOWN - [^\n|]+\n$/);
  t.match(stderr, /^httpd-guard: nothing was done: [^\n]+\n$/);
});
