import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import t from 'tap';
import { COMMANDS } from '../../src/cli-commands.ts';

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
    ['check', '-x'],
    ['check', '--no-json'],
    ['check', '--unit', 'a', '--unit', 'b'],
    ['check', '--json', '--format', 'nagios'],
    ['--json', 'check'],
    ['help', 'nosuch'],
    ['check', '--unit'],
    ['check', '--unit', 'a/b'],
    ['check', '--unit', 'a\nb'],
    ['recover', '--config'],
    ['recover', '--requested', '--unit', 'x'],
    ['history', '--since'],
    ['clean', '--set'],
    ['clean', '--set', '1', '--shm-key', '2'],
    ['limits', '--dry-run'],
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

/** Where each shared option has an effect. */
const TAKES: Record<string, string> = {
  check: 'unit config json quiet verbose',
  status: 'unit config json quiet',
  clean: 'unit config json quiet verbose dry-run',
  'pre-start': 'unit config json quiet',
  'post-stop': 'unit config json quiet',
  diagnose: 'unit config json quiet',
  recover: 'unit config json quiet dry-run',
  history: 'unit config json quiet verbose',
  config: 'unit config json',
  limits: 'unit config json quiet verbose dry-run',
  watch: 'json quiet',
  install: 'unit config json quiet dry-run',
  uninstall: 'unit json quiet dry-run',
};

void t.test('an option without effect is refused, with its name and the command', async (t) => {
  t.strictSame(
    Object.keys(TAKES),
    COMMANDS.map(({ name }) => name),
  );
  for (const [command, takes] of Object.entries(TAKES))
    for (const option of ['unit', 'config', 'json', 'quiet', 'verbose', 'dry-run']) {
      const { options } = COMMANDS.find(({ name }) => name === command) ?? { options: {} };
      t.equal(Object.hasOwn(options, option), takes.split(' ').includes(option), `${command} --${option}`);
    }
  const refused = (...args: string[]): string => {
    const { status, stderr } = guard(...args);
    t.equal(status, 64, args.join(' '));
    return stderr;
  };
  t.equal(refused('diagnose', '--verbose'), 'httpd-guard: --verbose has no effect on diagnose\n');
  t.equal(refused('uninstall', '--config=x'), 'httpd-guard: --config has no effect on uninstall\n');
  t.equal(
    refused('limits', '--raise', '300', '--unit', 'a'),
    'httpd-guard: --unit has no effect on limits --raise\n',
  );
  t.equal(
    refused('check', '--warn', '90', '--crit', '80'),
    'httpd-guard: --warn (90) must not exceed --crit (80)\n',
  );
});

void t.test('a mistyped command or option gets a suggestion', async (t) => {
  t.match(guard('chekc').stderr, 'unknown command "chekc": did you mean check?');
  t.match(guard('nosuch').stderr, 'unknown command "nosuch": httpd-guard --help lists the commands');
  t.match(guard('check', '--verbse').stderr, 'check: unknown option --verbse: did you mean --verbose?');
  t.match(guard('check', '--nosuch').stderr, 'httpd-guard check --help lists the options');
});

void t.test('each command has help with its options, an example and its exit statuses', async (t) => {
  for (const { name, description, options } of COMMANDS) {
    const { status, stdout, stderr } = guard(name, '--help');
    t.equal(status, 0);
    t.equal(stderr, '');
    const parts = [
      'Examples:',
      `httpd-guard ${name}`,
      'Exit status:',
      ...Object.keys(options).map((o) => `--${o} `),
    ];
    for (const part of parts) t.match(stdout, part, name);
    t.notMatch(stdout, /[^\n -~]/, 'ASCII');
    const flat = stdout.replace(/\s+/g, ' ');
    t.match(flat, description, name);
    t.equal(guard('help', name).stdout, stdout, `help ${name}`);
  }
  t.match(guard('--help'), { status: 0, stdout: /httpd-guard clean/, stderr: '' });
  t.equal(guard('help').stdout, guard('--help').stdout);
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
    /^httpd-guard: cannot write the metrics: [^\n]*none: it does not exist \(ENOENT\)[^\n]+\n$/,
  );
});

void t.test('a monitoring plugin reports a wrong configuration on stdout', async (t) => {
  const config = `${t.testdir({ 'c.toml': 'x = 1' })}/c.toml`;
  const { status, stdout, stderr } = guard('check', '--format', 'nagios', '--config', config);
  t.equal(status, 3);
  t.match(stdout, /^HTTPD-GUARD UNKNOWN - [^\n|]+\n$/);
  t.match(stderr, /^httpd-guard: nothing was done: [^\n]+\n$/);
});
