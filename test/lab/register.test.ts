import t, { type Test } from 'tap';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

void t.test('two instances of one user: the sets of a killed one go while the older one runs', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const a = await Apache.setUp(lab);
  const b = await a.addInstance('b', 8080);
  const guard = await Guard.install(lab, a, b);
  await lab.limitSets(100);
  await b.start();
  await guard.rests();
  const ofB = await setIds(lab, WWW_DATA);

  for (let cycle = 1; cycle <= 3; cycle++) {
    await a.start();
    const ofA = (await setIds(lab, WWW_DATA)).filter((id) => !ofB.includes(id));
    t.ok(ofA.length > 0, `start ${cycle}: ${ofA.length} sets`);
    await guard.rests();
    if (cycle === 1) await ownersAreNamed(t, lab, a, b);
    await a.kill9();
    t.strictSame(await setIds(lab, WWW_DATA), ofB, `cycle ${cycle}`);
    t.ok(await b.serves());
  }
  t.equal(await b.mutexErrors(), '');
});

async function ownersAreNamed(t: Test, lab: Lab, a: Apache, b: Apache): Promise<void> {
  const { sets } = JSON.parse((await lab.run('httpd-guard', 'check', '--json')).stdout) as {
    sets: { owner: { unit: string; masterPid: number; living: boolean } | null }[];
  };
  for (const server of [a, b]) {
    const owned = sets.filter(({ owner }) => owner?.unit === server.unit);
    t.ok(owned.length > 0, server.unit);
    const masterPid = await server.masterPid();
    for (const { owner } of owned) t.match(owner, { masterPid, living: true });
  }
  const { units } = JSON.parse((await lab.run('httpd-guard', 'limits', '--json')).stdout) as {
    units: { unit: string; held: number | null }[];
  };
  for (const { unit } of [a, b])
    t.equal(
      units.find((one) => one.unit === unit)?.held,
      sets.filter(({ owner }) => owner?.unit === unit).length,
      `limits counts those of ${unit}`,
    );
  const { stdout } = await lab.run('httpd-guard', 'check');
  t.match(stdout, /^ {2}3 sets of apache2\.service, running since /m);
  t.match(stdout, /^ {2}\d sets? of apache2@b\.service, running since /m);
}

void t.test(
  'a running server that loses a set right after a reload: alarm within a minute, until it has sets again',
  async (t) => {
    const lab = await Lab.boot();
    t.teardown(() => {
      lab.end();
    });
    const a = await Apache.setUp(lab, 'worker');
    const guard = await Guard.install(lab, a);
    await a.start();
    await guard.rests();
    t.equal((await lab.run('httpd-guard', 'check')).exitCode, 0);
    await lab.sh(`systemctl reload ${a.unit}`);
    await guard.rests();
    t.equal((await lab.run('httpd-guard', 'check')).exitCode, 0, 'a reload is no loss');
    const since = await guard.mark();
    lab.write('etc/cron.d/cleanup', '# every night: ipcrm\n0 3 * * * root ipcs -s | xargs -n1 ipcrm -s\n');
    await logAsCron(lab, '(root) CMD (ipcrm -s 7)');
    const [id] = (await owned(lab)).slice(-1);
    await lab.sh(`ipcrm -s ${id}`);
    const entry = await until(
      'the alarm',
      async () => {
        const text = await lab.sh(
          `journalctl --sync; journalctl -q -o cat --since=${since} -u ${a.unit} PRIORITY=2 | cat`,
        );
        return text === '' ? null : text;
      },
      80_000,
    );
    t.match(
      entry,
      /^apache2\.service lost 1 semaphore set while it is running .*systemctl restart apache2\.service\. What may have removed it: cron \(pid \d+\) logged: \(root\) CMD \(ipcrm -s 7\) \(journalctl\); a cron job calls ipcrm: 0 3 .* \(\/etc\/cron\.d\/cleanup\)$/m,
    );
    const { exitCode, stdout } = await lab.run('httpd-guard', 'check');
    t.equal(exitCode, 2);
    t.match(stdout, 'apache2.service is running without semaphore sets that it needs');
    t.match((await lab.run('httpd-guard', 'check', '--format', 'prometheus')).stdout, /sets_lost\{.*\} 1/);
    const found = await lab.run('httpd-guard', 'diagnose');
    t.equal(found.exitCode, 0);
    t.match(found.stdout, /^apache2\.service: its semaphores were removed while it was running\.$/m);
    t.match(found.stdout, 'a cron job calls ipcrm');
    t.match((await lab.run('httpd-guard', 'recover')).stdout, 'on-set-removed = "report"');
    await lab.run('systemctl', 'restart', a.unit);
    await guard.rests();
    t.equal((await lab.run('httpd-guard', 'check')).exitCode, 0, 'after a restart');
    t.match((await lab.run('httpd-guard', 'history')).stdout, / lost /);
  },
);

/** As cron(8) does: journald reads the program's path from /proc, so it must still run then. */
async function logAsCron(lab: Lab, message: string): Promise<void> {
  lab.write(
    'root/log-as-cron',
    `use IO::Socket::UNIX;
my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => "/dev/log") or die;
$s->send("<78>CRON[$$]: $ARGV[0]");
sleep 1;
`,
  );
  await lab.sh(`cp /usr/bin/perl /usr/sbin/cron; /usr/sbin/cron /root/log-as-cron '${message}'`);
}

/** Removes sets and has the guard look, as its watcher does within a minute. */
async function lose(guard: Guard, ids: readonly number[]): Promise<void> {
  await guard.lab.sh(`ipcrm ${ids.map((id) => `-s ${id}`).join(' ')}`);
  await guard.request('echo look >new; mv new request');
}

void t.test('on-set-removed = "restart": a server that hangs comes back', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const a = await Apache.setUp(lab, 'worker');
  const guard = await Guard.install(lab, a);
  guard.configure('health-url = "http://127.0.0.1/"', 'on-set-removed = "restart"');
  await a.start();
  await guard.rests();
  const before = await a.masterPid();
  const since = await guard.mark();
  await lose(guard, await owned(lab));
  t.match(await guard.told(/serves again/, since), /its semaphores were removed while it was running/);
  t.not(await a.masterPid(), before);
  t.ok(await a.serves());
  t.equal((await lab.run('httpd-guard', 'check')).exitCode, 0);
  t.match((await lab.run('httpd-guard', 'history')).stdout, / lost [^]* recovered /);
});

void t.test('on-set-removed = "restart": a server that answers is only reported', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  // The event MPM has no accept mutex, so a page needs none of its sets.
  const a = await Apache.setUp(lab, 'event');
  const guard = await Guard.install(lab, a);
  guard.configure('health-url = "http://127.0.0.1/none"', 'on-set-removed = "restart"');
  await a.start();
  await guard.rests();
  const before = await a.masterPid();
  const since = await guard.mark();
  await lose(guard, (await owned(lab)).slice(-1));
  t.match(await guard.told(/left alone/, since), 'it still answers', 'with status 404');
  t.equal(await a.masterPid(), before);
  t.ok(await a.serves());
  t.equal((await lab.run('httpd-guard', 'check')).exitCode, 2);
});

/** The sets that are known to be of a running server. */
async function owned(lab: Lab): Promise<number[]> {
  const { sets } = JSON.parse((await lab.run('httpd-guard', 'check', '--json')).stdout) as {
    sets: { id: number; owner: object | null }[];
  };
  return sets.filter(({ owner }) => owner !== null).map(({ id }) => id);
}
