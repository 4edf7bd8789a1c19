import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import t from 'tap';

const call = (style: string): string =>
  `import('./src/host/output/stderr-log.ts').then(async ({ log }) => { await log(${style}, 'warning', 'a sentence', { removed: 2 }); await log(${style}, 'info', 'another') })`;

function logged(style: string): string {
  return spawnSync(process.execPath, ['--import=tsx', '-e', call(style)], { encoding: 'utf8' }).stderr;
}

void t.test('plain sentences, JSON on request, only warnings with --quiet', async (t) => {
  t.equal(logged('{ json: false, quiet: false }'), 'httpd-guard: a sentence\nhttpd-guard: another\n');
  t.equal(logged('{ json: false, quiet: true }'), 'httpd-guard: a sentence\n');
  const [line = ''] = logged('{ json: true, quiet: true }').split('\n');
  t.match(JSON.parse(line), { level: 40, priority: 'warning', msg: 'a sentence', removed: 2 });
});

void t.test('priorities are written if stderr is the journal', async (t) => {
  const path = `${t.testdir({})}/journal`;
  const fd = openSync(path, 'w');
  const { dev, ino } = fstatSync(fd);
  spawnSync(process.execPath, ['--import=tsx', '-e', call('{ json: false, quiet: false }')], {
    stdio: ['ignore', 'ignore', fd],
    env: { ...process.env, JOURNAL_STREAM: `${dev}:${ino}` },
  });
  closeSync(fd);
  t.equal(readFileSync(path, 'utf8'), '<4>httpd-guard: a sentence\n<6>httpd-guard: another\n');
});
