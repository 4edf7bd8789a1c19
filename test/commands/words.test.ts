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
  'scripts/man/httpd-guard.toml.5',
  ...['units', 'scripts/packaging', 'scripts/ansible', 'scripts/monitoring'].flatMap(filesBelow),
];

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => statSync(path).isFile());
}

/** The forbidden words in a text, each with what stands around it. A line break with a comment sign is a blank. */
function found(text: string): string[] {
  const flat = text.replace(/\n[ \t]*(#|\.\\"|\/\/)?[ \t]*/g, ' ').replace(/[ \t]+/g, ' ');
  return FORBIDDEN.flatMap((pattern) =>
    [...flat.matchAll(new RegExp(pattern, 'gi'))].map(({ index }) =>
      flat.slice(Math.max(0, index - 30), index + 40),
    ),
  );
}

void t.test('a forbidden word is found, also across lines of a comment', async (t) => {
  t.equal(found('# it is down for\n# want of semaphores').length, 1);
  t.equal(found('Mend it, if you wish').length, 2);
  t.strictSame(found('recommended amendments; swishing'), []);
});

void t.test('text for people has no forbidden word', async (t) => {
  t.ok(PROSE.includes('units/gate') && PROSE.includes('scripts/packaging/deb/control'));
  for (const path of PROSE) t.strictSame(found(readFileSync(path, 'utf8')), [], path);
});
