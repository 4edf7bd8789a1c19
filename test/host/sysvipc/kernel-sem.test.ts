import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import t from 'tap';
import { readKernelSem, readMostSets, writeKernelSem } from '../../../src/host/sysvipc/kernel-sem.ts';
import { readSysctlConf, readSysctlFiles, writeSysctlFile } from '../../../src/host/sysvipc/sysctl-files.ts';

const value = { semmsl: 250, semmns: 32_000, semopm: 32, semmni: 128 };

void t.test('kernel.sem is parsed, and any other text is unknown', async (t) => {
  t.match(readKernelSem(), { known: true, value: { semmsl: Number, semmni: Number } });
  t.match(readKernelSem('/proc/version'), { known: false, why: /four numbers/ });
  t.match(readKernelSem('/nowhere'), { known: false, why: /cannot be read: it does not exist/ });
  t.ok(readMostSets() >= 32_768);
  t.equal(readMostSets('/nowhere'), 32_768);
});

void t.test('a written value is read back', async (t) => {
  const folder = t.testdir({ sem: '1 1 1 1\n' });
  t.strictSame(writeKernelSem(value, `${folder}/sem`), { ok: true });
  t.strictSame(readKernelSem(`${folder}/sem`), { known: true, value });
  t.equal(readFileSync(`${folder}/sem`, 'utf8'), '250 32000 32 128\n');
  t.match(writeKernelSem(value, `${folder}/none`), { ok: false, code: 'refused', why: /cannot be written/ });
  t.notOk(existsSync(`${folder}/none`), 'a file is never made');
  // Takes all, and keeps nothing.
  t.match(writeKernelSem(value, '/dev/null'), { ok: false, code: 'not-taken' });
});

void t.test('the files that are applied at boot', async (t) => {
  const root = t.testdir({
    etc: {
      'sysctl.conf': 'kernel.sem = 1 1 1 1\n',
      'sysctl.d': { '60-b.conf': 'b', '60-b.conf.bak-1': 'no', README: 'no' },
    },
    usr: { lib: { 'sysctl.d': { '10-a.conf': 'a', '60-b.conf': 'no' } } },
    run: {},
  });
  symlinkSync('../sysctl.conf', `${root}/etc/sysctl.d/99-sysctl.conf`);
  mkdirSync(`${root}/etc/sysctl.d/70-folder.conf`);
  spawnSync('mkfifo', [`${root}/etc/sysctl.d/80-pipe.conf`]);
  // How a file of the vendor is masked (sysctl.d(5)).
  symlinkSync('/dev/null', `${root}/etc/sysctl.d/90-masked.conf`);
  t.strictSame(readSysctlFiles(root), {
    files: [
      { path: '/usr/lib/sysctl.d/10-a.conf', text: 'a' },
      { path: '/etc/sysctl.d/60-b.conf', text: 'b' },
      { path: '/etc/sysctl.d/90-masked.conf', text: '' },
      { path: '/etc/sysctl.d/99-sysctl.conf', text: 'kernel.sem = 1 1 1 1\n' },
    ],
    unread: ['/etc/sysctl.d/70-folder.conf', '/etc/sysctl.d/80-pipe.conf'],
  });
  t.match(readSysctlConf(root), { path: '/etc/sysctl.conf' });
  t.equal(readSysctlConf(`${root}/run`), null);
  t.strictSame(readSysctlFiles(`${root}/run`), { files: [], unread: [] });
});

void t.test('the previous content of a file is kept', async (t) => {
  const folder = t.testdir({});
  const file = `${folder}/sysctl.d/60-a.conf`;
  writeSysctlFile(file, 'one', null);
  t.equal(readFileSync(file, 'utf8'), 'one');
  writeSysctlFile(file, 'two', `${file}.bak-1`);
  t.equal(readFileSync(file, 'utf8'), 'two');
  t.equal(readFileSync(`${file}.bak-1`, 'utf8'), 'one');
  t.throws(
    () => {
      writeSysctlFile(`${folder}/none`, 'x', `${folder}/none.bak-1`);
    },
    { code: 'ENOENT' },
  );
});
