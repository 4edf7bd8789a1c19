import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CAUSES } from '../../src/core/diagnosis/cause.ts';
import { readConfiguration } from '../../src/host/config/configuration.ts';
import { SETTINGS, SETTING_NAMES } from '../../src/host/config/settings.ts';

// What the program says of itself is what the manual pages and the completions must say: no more, and no less.

const MANUAL = readFileSync('scripts/man/httpd-guard.8', 'utf8');
const KEYS = readFileSync('scripts/man/httpd-guard.toml.5', 'utf8');
const BASH = 'scripts/completion/httpd-guard.bash';
const ZSH = readFileSync('scripts/completion/_httpd-guard', 'utf8');
const SAMPLE = readFileSync('scripts/packaging/httpd-guard.toml', 'utf8');

function help(...command: string[]): string {
  const { stdout } = spawnSync(process.execPath, ['dist/httpd-guard.cjs', ...command, '--help'], {
    encoding: 'utf8',
  });
  return stdout;
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

const COMMANDS = all(help(), /^ {2}httpd-guard ([a-z-]+) /gm);
const options = (text: string): string[] => all(text, /^ {2,6}(?:-\w, )?--([\w-]+)/gm);
const OPTIONS = new Map(COMMANDS.map((command) => [command, options(help(command))]));
const EVERYWHERE = ['help', 'version'];
const sorted = (words: readonly string[]): string[] => [...new Set(words)].sort();
const takes = (option: string): string[] =>
  COMMANDS.filter((command) => OPTIONS.get(command)?.includes(option) === true);
/** As one line without what only roff needs. */
const plain = (text: string): string => text.replaceAll('\\-', '-').replace(/\s+/g, ' ').trim();

/** The text below a heading, to the next one of its kind or of a higher one. */
function section(heading: string): string {
  const from = MANUAL.indexOf(`\n${heading}\n`);
  if (from < 0) return '';
  const text = MANUAL.slice(from + 1);
  const end = text.slice(1).search(heading.startsWith('.Sh') ? /^\.Sh /m : /^\.S[sh] /m);
  return end < 0 ? text : text.slice(0, end + 1);
}

void t.test('the walk finds something', async (t) => {
  t.ok(COMMANDS.includes('check') && COMMANDS.includes('uninstall'));
  t.ok(takes('unit').includes('check') && !takes('unit').includes('watch'));
  t.strictSame(takes('help'), COMMANDS);
});

void t.test(
  'httpd-guard(8) has each command, with its options and exit statuses, and none besides',
  async (t) => {
    t.strictSame(all(section('.Sh COMMANDS'), /^\.Ss (\S+)$/gm), COMMANDS);
    // Options of several commands are described once, with the commands that take them.
    const shared = new Map<string, string[]>();
    for (const item of section('.Sh OPTIONS')
      .split(/^\.It Fl -/m)
      .slice(1)) {
      const option = /^[\w-]+/.exec(item)?.[0] ?? '';
      const list = /^Commands: (.*)\.$/m.exec(item)?.[1];
      t.strictSame(list?.split(', ') ?? COMMANDS, takes(option), option);
      shared.set(option, takes(option));
    }
    for (const command of COMMANDS) {
      const text = section(`.Ss ${command}`);
      const documented = all(text, /^\.It Fl -([\w-]+)/gm);
      const own = (OPTIONS.get(command) ?? []).filter((option) => !shared.has(option));
      t.strictSame(sorted(documented), sorted(own), command);
      const statuses = /^Exit status:[^]*/m.exec(help(command))?.[0] ?? 'a command without exit statuses';
      t.ok(plain(text).includes(plain(statuses)), `${command}: ${plain(statuses)}`);
    }
    for (const option of all(MANUAL, /(?:\bFl -|\\-\\-|--)([a-z][\w-]*)/g))
      t.ok(
        [...OPTIONS.values()].some((some) => some.includes(option)),
        option,
      );
  },
);

void t.test(
  'httpd-guard(8) has each cause, each metric and each JSON Schema, and none besides',
  async (t) => {
    t.strictSame(all(section('.Sh CAUSES'), /^\.It Cm (\S+)$/gm), CAUSES);
    const source = readFileSync('src/view/report/report-prometheus.ts', 'utf8');
    const metrics = all(source, /\b(?:gauge|counter)\(\s*'(\w+)'/g);
    t.ok(metrics.includes('status'));
    t.strictSame(all(section('.Sh METRICS'), /^\.It Li httpd_guard_(\S+)$/gm), metrics);
    t.match(section('.Sh FILES'), '/usr/share/httpd-guard/schema/COMMAND.json');
    for (const name of readdirSync('scripts/schema')) {
      const [command = '', option] = name.replace('.json', '').split(/-(?=raise)/);
      const taken = OPTIONS.get(command) ?? [];
      t.ok(taken.includes('json') && (option === undefined || taken.includes(option)), name);
    }
  },
);

void t.test('bash completes every command and option, and no other word', async (t) => {
  const complete = (...words: string[]): string[] => {
    const script = `. ./${BASH}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _httpd_guard; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', 'httpd-guard', ...words], {
      encoding: 'utf8',
    });
    t.match({ status, stderr }, { status: 0, stderr: '' });
    return sorted(stdout.trim().split('\n'));
  };
  t.strictSame(complete(''), sorted([...COMMANDS, '--help', '--version']));
  t.strictSame(complete('un'), ['uninstall']);
  for (const command of COMMANDS)
    t.strictSame(complete(command, '--'), sorted((OPTIONS.get(command) ?? []).map((word) => `--${word}`)));
  t.strictSame(complete('check', '--format', ''), choices());
});

void t.test('zsh completes them, too', async (t) => {
  t.strictSame(all(ZSH, /^ {4}'([a-z-]+):/gm), COMMANDS);
  const [common = '', cases = ''] = ZSH.slice(ZSH.indexOf('options=(')).split('case $words[2] in');
  t.strictSame(sorted(all(common, /'--([\w-]+)\[/g)), EVERYWHERE);
  const found = new Map(COMMANDS.map((command): [string, string[]] => [command, []]));
  for (const [, name = '', body = ''] of cases.matchAll(/^ {4}([a-z-]+)\)\n([^]*?);;/gm))
    found.set(name, sorted([...all(body, /'\*?--([\w-]+)\[/g), ...EVERYWHERE]));
  t.strictSame(found, new Map(COMMANDS.map((command) => [command, sorted(OPTIONS.get(command) ?? [])])));
  t.strictSame(/format:\(([^)]*)\)/.exec(ZSH)?.[1]?.split(' ').sort(), choices());
});

/** What --format may be. */
function choices(): string[] {
  const list = /choices:([^\]]*)\]/.exec(help('check'))?.[1] ?? '';
  return all(list, /"(\w+)"/g).sort();
}

void t.test(
  'httpd-guard.toml(5) has each key, with its default and its variable, and none besides',
  async (t) => {
    const entries = KEYS.split(/^\.It Cm /m).slice(1);
    t.strictSame(
      entries.map((entry) => entry.split('\n', 1)[0]),
      SETTING_NAMES,
    );
    for (const [index, name] of SETTING_NAMES.entries()) {
      const entry = (entries[index] ?? '').replaceAll('\\(dq', '"');
      const { fallback, variable } = SETTINGS[name];
      t.equal(
        /^Default: (.*)\.$/m.exec(entry)?.[1],
        fallback === null ? 'none' : JSON.stringify(fallback),
        name,
      );
      t.equal(/^\.Ev (\w+)/m.exec(entry)?.[1] ?? null, variable, name);
    }
  },
);

void t.test('the packaged file changes nothing and lists every key', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  const read = (text: string) => {
    writeFileSync(join(folder, 'a.toml'), text, { mode: 0o644 });
    return readConfiguration(join(folder, 'a.toml'), {});
  };
  t.strictSame(read(SAMPLE), read(''));
  const uncommented = read(SAMPLE.replace(/^# (?=\[|[a-z-]+ = )/gm, ''));
  t.ok(uncommented.known, JSON.stringify(uncommented));
  if (!uncommented.known) return;
  for (const name of SETTING_NAMES) {
    t.not(uncommented.value.origins[name], null, name);
    const { fallback } = SETTINGS[name];
    if (fallback !== null) t.equal(uncommented.value.values[name], fallback, name);
  }
});
