import t, { type Test } from 'tap';
import { execa } from 'execa';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

/** The packages of one root for all of these tests. */
const boot = (): Promise<Lab> =>
  Lab.boot('libapache2-mod-wsgi-py3', 'libapache2-mpm-itk', 'libapache2-mod-fcgid', 'auditd');

const MOST_LEFT = 3;

/** Kills a guarded server again and again, beside an older one of the same user; the number of sets must not grow. */
async function killsLeaveNothing(
  t: Test,
  a: Apache,
  kills: number,
  answers: () => Promise<boolean>,
): Promise<void> {
  const b = await a.addInstance('b', 8080);
  const guard = await Guard.install(a.lab, a, b);
  await a.lab.limitSets(100);
  await b.start();
  await guard.rests();
  await a.start();
  await until('it to answer', async () => ((await answers()) ? true : null));
  await guard.rests();
  const most = (await setIds(a.lab)).length;
  for (let kill = 1; kill <= kills; kill++) {
    await a.kill9();
    await a.start();
    await until('it to answer', async () => ((await answers()) ? true : null));
    await guard.rests();
    const { length } = await setIds(a.lab);
    // A kill before the first look can leave the sets of one run.
    if (length > most + MOST_LEFT) t.fail(`after kill ${kill}: ${length} sets, ${most} at first`);
  }
  const { length } = await setIds(a.lab);
  t.ok(length <= most + MOST_LEFT, `${length} sets after ${kills} kills, ${most} at first`);
  t.ok(await b.serves());
  t.equal(await b.mutexErrors(), '');
}

/** A server with one of the modules; Debian's packages enable all of them. */
async function setUp(t: Test, module: string): Promise<Apache> {
  const lab = await boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  await lab.sh(
    `useradd -m app1; useradd -m app2; a2dismod -q -f wsgi mpm_itk fcgid; a2enmod -q ${module}; mkdir -p /srv`,
  );
  return apache;
}

/** A server with two daemon groups of two users, and whether both answer. */
async function setUpWsgi(t: Test): Promise<{ a: Apache; answer: () => Promise<boolean> }> {
  const a = await setUp(t, 'wsgi');
  a.lab.write(
    'srv/app.wsgi',
    "def application(environ, start_response):\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'app']\n",
  );
  a.lab.write(
    'etc/apache2/conf-enabled/wsgi.conf',
    [
      'WSGIAcceptMutex sysvsem',
      ...[1, 2].flatMap((n) => [
        `WSGIDaemonProcess app${n} user=app${n} processes=2 threads=2`,
        `WSGIScriptAlias /app${n} /srv/app.wsgi process-group=app${n}`,
      ]),
      '<Directory /srv>',
      'Require all granted',
      '</Directory>',
      '',
    ].join('\n'),
  );
  const get = async (path: string): Promise<boolean> =>
    (await a.lab.run('curl', '-s', '-m', '5', `http://127.0.0.1${path}`)).stdout === 'app';
  return { a, answer: async () => (await get('/app1')) && get('/app2') };
}

void t.test('mod_wsgi daemon groups of two users leak nothing', async (t) => {
  const { a, answer } = await setUpWsgi(t);
  await killsLeaveNothing(t, a, 20, answer);
  for (const user of ['app1', 'app2'])
    t.equal(
      (await setIds(a.lab, Number(await a.lab.sh(`id -u ${user}`)))).length,
      2,
      `one for each of ${user}`,
    );
});

void t.test('a mod_wsgi group that got no lock: check names it until a reload creates it', async (t) => {
  const { a, answer } = await setUpWsgi(t);
  const { lab } = a;
  // Only mod_wsgi has sets, as with Debian's defaults: without one of its own, httpd would not start.
  await lab.sh("sed -i 's/^Mutex .*/Mutex pthread default/' /etc/apache2/conf-enabled/lab.conf");
  const guard = await Guard.install(lab, a);
  const check = (...words: string[]) => lab.run('httpd-guard', 'check', ...words);
  await a.start();
  await until('both groups to answer', async () => ((await answer()) ? true : null));
  await guard.rests();
  t.equal((await setIds(lab)).length, 2);
  t.match(await check(), { exitCode: 0, stdout: 'apache2.service is not at risk from semaphores.' });

  await lab.run('systemctl', 'stop', a.unit);
  await lab.limitSets(1);
  await a.start();
  await guard.rests();
  await lab.limitSets(100);
  t.equal((await setIds(lab)).length, 1);
  const warning =
    'apache2.service runs with 1 semaphore set instead of 2: mod_wsgi group app2 has no lock, since no set could be created.';
  t.match(await check(), {
    exitCode: 1,
    stdout: /^apache2\.service is running without some of its semaphore sets\./,
  });
  t.match(JSON.parse((await check('--json')).stdout), {
    status: 'warning',
    reasons: [new RegExp(`^${warning}`)],
  });
  t.match(await check('--format', 'nagios'), {
    exitCode: 1,
    stdout: new RegExp(`^HTTPD-GUARD WARNING - ${warning}`),
  });
  t.match(
    (await check('--format', 'prometheus')).stdout,
    /^httpd_guard_sets_missing\{unit="apache2\.service"\} 1$/m,
  );
  const found = await lab.run('httpd-guard', 'diagnose', '--unit', a.unit);
  t.equal(found.exitCode, 1);
  t.match(found.stdout, /^apache2\.service: it is running without some of its semaphore sets\.$/m);
  t.match(found.stdout, 'mod_wsgi group app2 has no lock');

  await lab.sh(`systemctl reload ${a.unit}`);
  await until('both sets', async () => ((await setIds(lab)).length === 2 ? true : null));
  await guard.rests();
  t.match(await check(), { exitCode: 0 }, 'after a reload, although the line is still of this run');
});

/** Runs a program of the lab's root in the machine's own namespaces, the only ones in which the kernel's audit takes orders. */
async function outside(lab: Lab, ...command: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await execa('chroot', [lab.root, ...command], { reject: false });
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return stdout;
}

const AUDIT_RULE = ['always,exit', '-F', 'arch=b64', '-S', 'semctl', '-F', 'exe=/usr/bin/ipcrm'];

/** Has auditd record calls of ipcrm into the lab's log meanwhile. False if this machine has no audit, or its own auditd. */
async function audited(lab: Lab, during: () => Promise<void>): Promise<boolean> {
  const status = await outside(lab, 'auditctl', '-s').catch(() => '');
  if (!/^enabled 0$/m.test(status) || !/^pid 0$/m.test(status)) return false;
  const auditd = execa('chroot', [lab.root, 'auditd', '-n'], { reject: false });
  try {
    await until('auditd', async () =>
      /^pid [1-9]/m.test(await outside(lab, 'auditctl', '-s')) ? true : null,
    );
    await outside(lab, 'auditctl', '-e', '1');
    await outside(lab, 'auditctl', '-a', ...AUDIT_RULE);
    await during();
    await until('its record', async () =>
      (await lab.run('grep', '-q', 'comm="ipcrm"', '/var/log/audit/audit.log')).exitCode === 0 ? true : null,
    );
  } finally {
    await outside(lab, 'auditctl', '-d', ...AUDIT_RULE).catch(() => '');
    await outside(lab, 'auditctl', '-e', '0').catch(() => '');
    auditd.kill();
    await auditd;
  }
  return true;
}

void t.test('the alarm names the audit record of who removed a set', async (t) => {
  const a = await setUp(t, 'wsgi');
  const { lab } = a;
  const guard = await Guard.install(lab, a);
  await a.start();
  await guard.rests();
  t.equal((await lab.run('httpd-guard', 'check')).exitCode, 0);
  const [id] = (await setIds(lab, WWW_DATA)).slice(-1);
  const since = await guard.mark();
  const isAudited = await audited(lab, async () => {
    await lab.sh(`ipcrm -s ${id}`);
  });
  if (!isAudited) {
    t.pass('the audit record', {
      skip: 'the kernel of this machine has no audit, or another auditd uses it',
    });
    return;
  }
  await guard.request('echo look >new; mv new request');
  const entry = await lab.sh(
    `journalctl --sync; journalctl -q -o cat --since=${since} -u ${a.unit} PRIORITY=2 | cat`,
  );
  t.match(
    entry,
    new RegExp(
      `lost 1 semaphore set .* What may have removed it: process \\d+ \\(/usr/bin/ipcrm, uid 0, login uid \\d+\\) removed set ${id} \\(ausearch\\)`,
    ),
  );
});

void t.test('mpm_itk leaks nothing', async (t) => {
  const a = await setUp(t, 'mpm_itk');
  a.lab.write('etc/apache2/conf-enabled/itk.conf', 'AssignUserID app1 app1\n');
  await killsLeaveNothing(t, a, 5, () => a.serves());
});

void t.test('mod_fcgid leaks nothing', async (t) => {
  const a = await setUp(t, 'fcgid');
  await killsLeaveNothing(t, a, 5, () => a.serves());
});
