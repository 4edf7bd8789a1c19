import t from 'tap';
import { COMMANDS } from '../../src/cli-commands.ts';
import { type CommandOptions, camelCase } from '../../src/cli-options.ts';
import { plainValues } from '../../src/cli-plain.ts';
import { cliByYargs } from '../../src/cli-yargs.ts';

// The build defines it.
Object.assign(globalThis, { __VERSION__: '0' });

const CHECK = COMMANDS.find(({ name }) => name === 'check')?.options ?? {};

/** Values that an option takes, and such as it refuses or as yargs changes. */
const TEXTS = [
  'a',
  'httpd@b.service',
  '/etc/x y',
  '7',
  '070',
  '1e3',
  '-1',
  '--json',
  '',
  '"a"',
  "'a'",
  'a/b',
  'json',
];

/** The values as yargs reads them; null for a usage error. */
async function byYargs(name: string, words: readonly string[]): Promise<Record<string, unknown> | null> {
  let read: Record<string, unknown> | null = null;
  await cliByYargs([name, ...words], async (_, values) => {
    read = values;
    return 0;
  });
  return read;
}

/** Without the values that yargs adds: positional words, the program's name, and names with dashes. */
function ofOptions(options: CommandOptions, values: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(options).map(camelCase);
  return Object.fromEntries(keys.map((key) => [key, values[key]]));
}

void t.test('words that are read without yargs have the values that yargs reads', async (t) => {
  let plain = 0;
  for (const { name, options } of COMMANDS) {
    const forms = Object.keys(options).flatMap((option) => [
      [`--${option}`],
      ...TEXTS.flatMap((text) => [[`--${option}`, text], [`--${option}=${text}`]]),
    ]);
    const lines = [
      [],
      ...forms,
      ...forms.map((form) => [...form, '--json']),
      ...forms.map((form) => ['--quiet', ...form]),
    ];
    for (const words of lines) {
      const values = plainValues(options, words);
      if (values === null) continue;
      plain++;
      const expected = await byYargs(name, words);
      t.not(expected, null, `${name} ${words.join(' ')} is no usage error`);
      t.strictSame(
        ofOptions(options, values),
        ofOptions(options, expected ?? {}),
        `${name} ${words.join(' ')}`,
      );
    }
  }
  t.ok(plain > 300, `${plain} command lines`);
});

void t.test('the command lines of every day are read without yargs', async (t) => {
  for (const line of [
    '',
    '--json',
    '--quiet --explain',
    '--format nagios --unit apache2@b.service',
    '--warn 70 --crit 90',
  ]) {
    const words = line.split(' ').filter((word) => word !== '');
    t.not(plainValues(CHECK, words), null, line);
  }
  t.strictSame(plainValues(CHECK, ['--json', '--warn', '70']), { json: true, warn: 70 });
});

void t.test('any other form is left to yargs, and so is every usage error', async (t) => {
  const others = [
    ['--help'],
    ['--version'],
    ['--nosuch'],
    ['--json', '--json'],
    ['--json', 'false'],
    ['--no-json'],
    ['--unit=a'],
    ['--unit'],
    ['--unit', '"a"'],
    ['--unit', 'a/b'],
    ['--warn', '101'],
    ['--warn', '1e1'],
    ['--format', 'xml'],
    ['--', '--json'],
    ['-x'],
    ['more'],
    ['--toString'],
  ];
  for (const words of others) t.equal(plainValues(CHECK, words), null, words.join(' '));
});
