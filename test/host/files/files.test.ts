import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import t from 'tap';
import {
  dropInPath,
  fillUnit,
  guardedUnits,
  METRICS_SERVICE,
  OWN_UNITS,
  REQUEST_UNIT,
  isMasked,
  isOurs,
  programsOf,
  readDropIn,
  textfileOf,
} from '../../../src/host/systemd/unit-files.ts';
import { removeDropIn } from '../../../src/host/systemd/remove-drop-in.ts';
import { readPidFile } from '../../../src/host/httpd/pid-file.ts';
import { whyUntrusted, whyPathUntrusted } from '../../../src/host/files/trusted-path.ts';
import { writeAtomically } from '../../../src/host/files/write-atomically.ts';

void t.test('a drop-in is written, found and removed with its directory', async (t) => {
  const root = t.testdir({});
  const text = fillUnit('# Written by "httpd-guard install"\n@LIB@/gate @NODE@ %n\n', {
    lib: '/usr/lib/httpd-guard',
    node: '/usr/bin/node',
  });
  t.match(
    fillUnit('post-stop %n@STOP_LIMITS@\n', { lib: '/a', node: '/b', stopLimits: [0.75, 2.5, 0.75] }),
    'post-stop %n 0.75 2.5 0.75\n',
  );
  t.equal(text, '# Written by "httpd-guard install"\n/usr/lib/httpd-guard/gate /usr/bin/node %n\n');
  const path = dropInPath('apache2@b.service', root);
  t.equal(readDropIn(path), null);
  writeAtomically(path, text, 'synced');
  t.equal(readDropIn(path), text);
  t.ok(isOurs(text));
  t.strictSame(guardedUnits(root), ['apache2@b.service']);
  removeDropIn(path);
  t.notOk(existsSync(`${root}/apache2@b.service.d`));

  writeAtomically(path, text, 'synced');
  writeFileSync(`${root}/apache2@b.service.d/other.conf`, '');
  removeDropIn(path);
  t.ok(existsSync(`${root}/apache2@b.service.d/other.conf`), 'what is another’s stays');
});

void t.test('what a killed writer left is removed by the next one, and with the drop-in', async (t) => {
  const root = t.testdir({ '.httpd-guard.a.999999999': '', '.httpd-guard.a.1': '', '.a.999999999': '' });
  writeAtomically(`${root}/b`, '', 'unsynced');
  t.strictSame(
    readdirSync(root).sort(),
    ['.a.999999999', '.httpd-guard.a.1', 'b'],
    'not that of a running one',
  );
  const path = dropInPath('x.service', root);
  mkdirSync(`${root}/x.service.d`);
  writeFileSync(`${root}/x.service.d/.httpd-guard.50-httpd-guard.conf.999999999`, 'half');
  removeDropIn(path);
  t.notOk(existsSync(`${root}/x.service.d`));
});

void t.test('paths with characters that are special in unit files are rejected', async (t) => {
  for (const path of ['/opt/my node/bin/node', '/opt/100%/node', '/opt/$x/node', '/a;b']) {
    t.throws(() => fillUnit('', { lib: path, node: '/usr/bin/node' }), /cannot be used in a unit file/);
  }
});

void t.test('the metrics unit names the file it writes', async (t) => {
  const template = readFileSync('units/httpd-guard-metrics.service', 'utf8');
  const paths = { lib: '/usr/lib/httpd-guard', node: '/usr/bin/node' };
  const text = fillUnit(template, { ...paths, textfile: '/var/lib/x/a.prom' });
  t.notMatch(text, '@TEXTFILE');
  t.match(text, 'ConditionPathIsDirectory=/var/lib/x\n');
  t.match(text, 'ReadWritePaths=-/var/lib/x\n');
  t.equal(textfileOf(text), '/var/lib/x/a.prom');
  t.equal(textfileOf(readFileSync('units/httpd-guard-watch.service', 'utf8')), null);
  t.throws(() => fillUnit('', { ...paths, textfile: '/a b/c' }), /cannot be used in a unit file/);
});

void t.test('a file of ours names the copy and the Node that it runs', async (t) => {
  const paths = { lib: '/opt/guard', node: '/opt/node', textfile: '/var/lib/x/a.prom' };
  const names = [
    '50-httpd-guard.conf',
    ...OWN_UNITS.filter((name) => name !== REQUEST_UNIT),
    METRICS_SERVICE,
  ];
  for (const name of names)
    t.strictSame(
      programsOf(fillUnit(readFileSync(`units/${name}`, 'utf8'), paths)),
      { lib: '/opt/guard', node: '/opt/node' },
      name,
    );
  t.equal(programsOf(readFileSync(`units/${REQUEST_UNIT}`, 'utf8')), null);
});

void t.test('a masked unit is a link to /dev/null', async (t) => {
  const root = t.testdir({ file: '', masked: t.fixture('symlink', '/dev/null') });
  t.strictSame(
    ['file', 'masked', 'none'].map((name) => isMasked(`${root}/${name}`)),
    [false, true, false],
  );
});

void t.test('pid files', async (t) => {
  const directory = t.testdir({
    good: '812\n',
    bare: '812',
    zero: '0\n',
    two: '1 2\n',
    empty: '',
    long: '8'.repeat(64),
    text: 'x',
    folder: {},
  });
  symlinkSync('good', `${directory}/link`);
  t.strictSame(readPidFile(`${directory}/good`), { known: true, value: 812 });
  t.strictSame(readPidFile(`${directory}/bare`), { known: true, value: 812 });
  t.strictSame(readPidFile(`${directory}/none`), { known: true, value: null });
  for (const name of ['zero', 'two', 'empty', 'long', 'text', 'folder', 'link'])
    t.match(readPidFile(`${directory}/${name}`), { known: false }, name);
});

void t.test(
  'root trusts only what root alone can replace',
  { skip: process.getuid?.() !== 0 && 'not root: its own files cannot be trusted' },
  async (t) => {
    t.equal(whyUntrusted('/bin/sh'), null);
    // Not t.testdir: the checkout may lie anywhere.
    const directory = '/run/httpd-guard-test';
    mkdirSync(directory, { recursive: true });
    t.teardown(() => {
      rmSync(directory, { recursive: true });
    });
    writeFileSync(`${directory}/file`, '');
    t.equal(whyUntrusted(`${directory}/file`), null);
    chmodSync(directory, 0o777);
    t.match(whyUntrusted(`${directory}/file`), `${directory} is writable by other users than root`);
    chmodSync(directory, 0o755);
    t.throws(() => whyUntrusted(`${directory}/none`), { code: 'ENOENT' });
    // Whoever can replace a link decides where it leads.
    mkdirSync(`${directory}/open`);
    symlinkSync('/bin/sh', `${directory}/open/link`);
    symlinkSync('open/link', `${directory}/link`);
    symlinkSync('/nowhere/at/all', `${directory}/dangling`);
    t.equal(whyUntrusted(`${directory}/link`), null);
    chmodSync(`${directory}/open`, 0o777);
    for (const name of ['link', 'open/link'])
      t.match(whyUntrusted(`${directory}/${name}`), `${directory}/open is writable by other users than root`);
    t.equal(whyPathUntrusted(`${directory}/none`), null);
    t.match(whyPathUntrusted(`${directory}/open/none`), 'is writable by other users');
    t.match(whyPathUntrusted(`${directory}/dangling`), 'is a dangling link');
  },
);
