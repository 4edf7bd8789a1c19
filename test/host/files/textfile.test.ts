import { lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import t from 'tap';
import { findTextfile, removeTextfile, writeTextfile } from '../../../src/host/files/textfile.ts';

void t.test('a file is replaced atomically and world-readable with any umask', async (t) => {
  const folder = t.testdir({ 'a.prom': 'a longer text of before' });
  const before = process.umask(0o077);
  t.teardown(() => process.umask(before));
  t.strictSame(writeTextfile(`${folder}/a.prom`, 'now\n'), { ok: true });
  t.equal(readFileSync(`${folder}/a.prom`, 'utf8'), 'now\n');
  t.equal(lstatSync(`${folder}/a.prom`).mode & 0o777, 0o644);
  t.strictSame(readdirSync(folder), ['a.prom'], 'and leaves nothing beside it');
});

void t.test('files and links of another user are not written through', async (t) => {
  const folder = t.testdir({ victim: 'precious' });
  symlinkSync('victim', `${folder}/a.prom`);
  symlinkSync('victim', `${folder}/.httpd-guard.a.prom.${process.pid}`);
  t.strictSame(writeTextfile(`${folder}/a.prom`, 'now\n'), { ok: true });
  t.equal(readFileSync(`${folder}/victim`, 'utf8'), 'precious');
  t.ok(lstatSync(`${folder}/a.prom`).isFile());
});

void t.test('a failed write is reported and leaves no file', async (t) => {
  const folder = t.testdir({ file: '' });
  t.match(writeTextfile(`${folder}/none/a.prom`, 'x'), {
    ok: false,
    code: 'no-directory',
    why: /none: it does not exist/,
  });
  t.match(writeTextfile(`${folder}/file/a.prom`, 'x'), {
    ok: false,
    code: 'no-directory',
    why: /file is not a directory$/,
  });
  mkdirSync(`${folder}/a.prom/x`, { recursive: true });
  t.match(writeTextfile(`${folder}/a.prom`, 'x'), { ok: false, code: 'not-written', why: /a\.prom: / });
  t.strictSame(readdirSync(folder).sort(), ['a.prom', 'file']);
});

void t.test('the directory of node_exporter is found', async (t) => {
  const folder = t.testdir({ debian: {}, other: {}, own: {}, file: '' });
  const usual = [`${folder}/none`, `${folder}/file`, `${folder}/other`, `${folder}/debian`];
  t.equal(findTextfile(null, usual), `${folder}/other/httpd_guard.prom`, 'the first that is there');
  t.equal(findTextfile(null, [`${folder}/none`]), null);
  t.equal(findTextfile(`${folder}/own`, usual), `${folder}/own/httpd_guard.prom`);
  t.equal(findTextfile(`${folder}/none`, usual), null, 'who names one means no other');
});

void t.test('a link in place of the directory is not followed', async (t) => {
  const folder = t.testdir({ mine: {}, others: { 'httpd_guard.prom': 'kept' } });
  rmSync(`${folder}/mine`, { recursive: true });
  symlinkSync('others', `${folder}/mine`);
  const path = `${folder}/mine/httpd_guard.prom`;
  t.match(writeTextfile(path, 'x'), { ok: false, why: /mine/ });
  t.match(removeTextfile(path), { ok: false });
  t.equal(readFileSync(`${folder}/others/httpd_guard.prom`, 'utf8'), 'kept');

  mkdirSync(`${folder}/deep/mine`, { recursive: true });
  symlinkSync('deep', `${folder}/way`);
  t.match(writeTextfile(`${folder}/way/mine/a.prom`, 'x'), {
    ok: false,
    why: /is a link to .*\/deep\/mine/,
  });
});
