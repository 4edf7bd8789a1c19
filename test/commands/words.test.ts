import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import t from 'tap';

// What a person reads is plain English, in the terms of CONTRIBUTING.md. These words stand for the turns of phrase that read
// as translated. Each is unambiguous: no correct sentence of this project needs it.
const FORBIDDEN: readonly RegExp[] = [
  /\bin vain\b/,
  /\bmend(s|ed)?\b/,
  /\bwish(es|ed)?\b/,
  /\bfor want of\b/,
  /\bnone of (the guard|ours)\b/,
  /\bnot our kind\b/,
  /\bof another kind\b/,
  /\bwhat counts\b/,
  /\bcounts? more than\b/,
  /\bhad enough\b/,
  /\ba fault of its own\b/,
  /\b(a|the|one) dead (one|httpd) (left|had left|leaves)\b/,
  /\bof the dead\b/,
  /\bleft[ -]over\b/,
  /\bwho (said|says) so\b/,
  /\bsay (only|all|each|what|why|so)\b/,
  /\bsays what\b/,
  /\bwould never be told\b/,
  /\bis not told\b/,
  /\blest\b/,
  /\banew\b/,
  /\bneeded for nothing\b/,
  /\bits? maker\b/,
  /\bmakes? room\b/,
  /\broom (for|in the table)\b/,
  /\blast words\b/,
  /\bnobody sits\b/,
  /\bmay be meant\b/,
];

const PROSE = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'package.json'],
  ...['scripts/demo', 'scripts/package', 'scripts/install.sh', 'scripts/uninstall.sh'],
  ...['units', 'scripts/man', 'scripts/completion', 'scripts/packaging'].flatMap(filesBelow),
  ...['scripts/ansible', 'scripts/monitoring'].flatMap(filesBelow),
];

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => statSync(path).isFile());
}

/** The forbidden words in a text, each with what stands around it. A line break with a comment sign is a blank. */
function found(text: string, forbidden: readonly RegExp[] = FORBIDDEN): string[] {
  const flat = text.replace(/\n[ \t]*(#|\.\\"|\/\/|\*)?[ \t]*/g, ' ').replace(/[ \t]+/g, ' ');
  return forbidden.flatMap((pattern) =>
    [...flat.matchAll(new RegExp(pattern, 'gi'))].map(({ index }) =>
      flat.slice(Math.max(0, index - 30), index + 40),
    ),
  );
}

function help(...command: string[]): string {
  const { stdout } = spawnSync(process.execPath, ['dist/httpd-guard.cjs', ...command, '--help'], {
    encoding: 'utf8',
  });
  return stdout;
}

void t.test('a forbidden word is found, also across lines of a comment', async (t) => {
  t.equal(found('# it is down for\n# want of semaphores').length, 1);
  t.equal(found('Mend it, if you wish').length, 2);
  t.strictSame(found('recommended amendments; swishing'), []);
});

void t.test('what is written for people has no forbidden word', async (t) => {
  t.ok(PROSE.includes('units/gate') && PROSE.includes('scripts/man/httpd-guard.8'));
  for (const path of PROSE) t.strictSame(found(readFileSync(path, 'utf8')), [], path);
});

void t.test('nor has the help', async (t) => {
  const overview = help();
  const commands = [...overview.matchAll(/^ {2}httpd-guard ([a-z-]+) /gm)].map(([, name = '']) => name);
  t.ok(commands.includes('check'));
  t.strictSame(found(overview), []);
  for (const command of commands) t.strictSame(found(help(command)), [], command);
});

// Words for people that describe machines, in sentences, comments and names of the code.
const FORBIDDEN_IN_CODE: readonly RegExp[] = [
  /\btold\b/,
  /\btells?\b/,
  /\bsomebody'?s?\b(?! else\b| other\b)/,
  /\bnobody\b/,
  /\bwhoever\b/,
  /\bdeeds?\b/,
  /\bdead\b/,
  /\balive\b/,
  /\bmaker\b/,
  /\bthe guard\b/,
  /\blooks? again\b/,
  /[\u2018\u2019\u201c\u201d\u2026\u00d7]/,
];

const ALL = [...FORBIDDEN, ...FORBIDDEN_IN_CODE];

function filesOf(folder: string): string[] {
  return filesBelow(folder).filter((path) => /\.(ts|pl)$/.test(path));
}

/** The comments and sentences of a source file: its text without lines that quote another program. */
function wordsOf(path: string): string {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !/alivePids|this\.alive|private alive/.test(line))
    .join('\n');
}

function testNames(path: string): string[] {
  const names = readFileSync(path, 'utf8').matchAll(
    /(?:\btest|\bscenario)\(\s*(?:'([^']*)'|"([^"]*)"|`([^`]*)`)/g,
  );
  return [...names].map(([, single, double, template]) => single ?? double ?? template ?? '');
}

void t.test('sentences, comments and names of the code have no forbidden word', async (t) => {
  const paths = filesOf('src');
  t.ok(paths.length > 100);
  for (const path of paths) t.strictSame(found(wordsOf(path), ALL), [], path);
});

void t.test('names of tests have no forbidden word', async (t) => {
  const names = filesOf('test').flatMap(testNames);
  t.ok(names.length > 300);
  for (const name of names) t.strictSame(found(name, ALL), [], name);
});
