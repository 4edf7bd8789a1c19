import t, { type Test } from 'tap';
import { Apache, makeSets } from './apache.ts';
import { Guard, MOST_SETS, fillTable } from './guard.ts';
import { Lab, until } from './lab.ts';

interface Found {
  exitCode: number;
  cause: string;
  holders: { uid: number; user: string | null; sets: number }[];
  cures: { say: string; run: string[] }[];
}

void t.test('failures for other reasons are reported and left alone', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  const guard = await Guard.install(lab, apache);

  const diagnose = async (): Promise<Found> => {
    const { exitCode, stdout } = await lab.run('httpd-guard', 'diagnose', '--json');
    return { exitCode, ...(JSON.parse(stdout) as Omit<Found, 'exitCode'>) };
  };
  const starts = (): Promise<string> =>
    lab.sh('journalctl --sync; journalctl -o cat -u apache2 | grep -c "^Starting " || true');
  const isDown = async (): Promise<boolean> =>
    (await lab.run('systemctl', 'is-active', apache.unit)).exitCode !== 0;
  /** The guard looks, and there is no start but the one that failed. */
  const isLeftAlone = async (t: Test, fail: () => Promise<unknown>, why: RegExp): Promise<void> => {
    const before = Number(await starts());
    const since = await guard.mark();
    await fail();
    t.match(await guard.told(/left alone/, since), why);
    await guard.rests();
    t.ok(await isDown(), 'it stays down');
    t.equal(Number(await starts()), before + 1, 'nobody started it again');
  };
  const start = () => lab.run('systemctl', 'start', apache.unit);
  const configure = (text: string): void => {
    lab.write('etc/apache2/conf-enabled/zz.conf', text);
  };
  const calm = async (): Promise<void> => {
    configure('');
    await guard.rests();
    await lab.run('systemctl', 'stop', apache.unit);
    await lab.sh('systemctl reset-failed; ipcrm --all=sem');
    await guard.forgetTries();
    await guard.newWatcher();
  };

  await t.test('a table full of sets of other programs: one recovery, one clear advice', async (t) => {
    await makeSets(lab, MOST_SETS - 1, { uid: 0, key: 7 });
    await isLeftAlone(t, start, /semaphore-demand/);
    const { exitCode, cause, holders, cures } = await diagnose();
    t.equal(exitCode, 0);
    t.equal(cause, 'semaphore-demand');
    t.match(holders, [{ uid: 0, user: 'root', sets: MOST_SETS - 1 }]);
    t.match(cures.flatMap(({ run }) => run).join('\n'), 'httpd-guard limits --raise 32000');
    const entry = await lab.sh(
      'journalctl -o json -u apache2 MESSAGE_ID=e72fd98e7e3a4d33a272965867eb60b7 + OBJECT_SYSTEMD_UNIT=apache2.service MESSAGE_ID=e72fd98e7e3a4d33a272965867eb60b7',
    );
    t.match(JSON.parse(entry.split('\n')[0] ?? ''), {
      PRIORITY: '3',
      HTTPD_GUARD_UNIT: 'apache2.service',
      HTTPD_GUARD_CAUSE: 'semaphore-demand',
      HTTPD_GUARD_SETS_MAX: String(MOST_SETS),
      HTTPD_GUARD_LINE: /\(28\)No space left on device/,
    });
    t.match(
      (await lab.run('systemctl', 'status', apache.unit)).stdout,
      'the semaphore table has too few free sets',
    );
    t.match(await lab.sh('journalctl -x -u apache2'), 'Subject: Why apache2.service ended: semaphore-demand');
    await calm();
  });

  await t.test('a port that another program holds', async (t) => {
    lab.write(
      'usr/local/bin/hold-port',
      '#!/usr/bin/perl\nuse Socket;\nsocket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);\nbind(S, sockaddr_in(80, INADDR_ANY)) && listen(S, 5) or die $!;\nsleep 1000;\n',
      0o755,
    );
    await lab.sh('systemd-run -q --unit=holder hold-port');
    await until('the port', async () =>
      (await lab.run('sh', '-c', 'grep ":0050 " /proc/net/tcp')).exitCode === 0 ? true : null,
    );
    await isLeftAlone(t, start, /other/);
    t.equal((await diagnose()).cause, 'port-held-by-other');
    await lab.sh('systemctl stop holder');
    await calm();
  });

  await t.test('an error in the configuration', async (t) => {
    configure('NoSuchDirective\n');
    await fillTable(lab);
    await isLeftAlone(t, start, /config-error/);
    t.equal((await diagnose()).cause, 'config-error');
    await calm();
  });

  await t.test('a full disk, with the same text', async (t) => {
    await lab.sh('mkdir -p /mnt/small; mount -t tmpfs -o size=64k none /mnt/small; chmod 777 /mnt/small');
    configure('Mutex file:/mnt/small default\nPidFile /mnt/small/apache2.pid\n');
    await lab.sh('dd if=/dev/zero of=/mnt/small/full bs=4k 2>/dev/null || true');
    await isLeftAlone(t, start, /disk-full/);
    t.equal((await diagnose()).cause, 'disk-full');
    await lab.sh('rm /mnt/small/full; mount -o remount,nr_inodes=1 /mnt/small || true');
    await calm();
  });

  await t.test('a full /dev/shm', async (t) => {
    configure('Mutex posixsem default\n');
    await lab.sh(
      'mount -t tmpfs -o size=64k none /dev/shm; dd if=/dev/zero of=/dev/shm/full bs=4k 2>/dev/null || true',
    );
    await isLeftAlone(t, start, /shm-full/);
    t.equal((await diagnose()).cause, 'shm-full');
    await lab.sh('umount /dev/shm');
    await calm();
  });

  await t.test('a kill -9 without a request', async (t) => {
    await apache.start();
    const before = Number(await starts());
    const look = await guard.lastLook();
    await apache.kill9();
    t.match(await diagnose(), { cause: 'killed', exitCode: 0 });
    // Also when it is asked for, by hand or by a line.
    await guard.request('echo apache2.service >request');
    t.not(await guard.lastLook(), look);
    t.ok(await isDown());
    t.equal(Number(await starts()), before);
    const { exitCode, stdout } = await lab.run('httpd-guard', 'recover', '--json');
    t.equal(exitCode, 1);
    t.match(JSON.parse(stdout), { outcome: 'left-alone', cause: 'killed', steps: [] });
    await calm();
  });

  await t.test('units that were stopped, masked or disabled', async (t) => {
    for (const wish of ['stop', 'disable', 'mask']) {
      await apache.dropIn('zz.conf', 'ExecStartPre=', 'ExecStopPost=');
      await fillTable(lab);
      if (wish !== 'stop') {
        await lab.sh('systemctl stop httpd-guard-watch');
        await start();
        await lab.sh(`systemctl ${wish} -q apache2`);
      }
      const { exitCode, stdout } = await lab.run('httpd-guard', 'recover', '--json');
      t.equal(exitCode, 1, wish);
      t.match(JSON.parse(stdout), { outcome: 'left-alone' }, wish);
      t.ok(await isDown());
      await lab.sh(
        'systemctl unmask -q apache2; systemctl enable -q apache2 2>/dev/null; rm /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload',
      );
      await calm();
    }
  });

  await t.test('workers without a master, on the port', async (t) => {
    const orphan = async (): Promise<void> => {
      await apache.dropIn('zz.conf', 'KillMode=process', 'SendSIGKILL=no');
      await apache.start();
      await lab.sh(`kill -9 $(systemctl show -P MainPID ${apache.unit})`);
      await until('the master to be dead', async () => ((await isDown()) ? true : null));
      t.ok(await apache.serves(), 'the workers serve on');
      await guard.rests();
    };
    await orphan();
    lab.write('etc/httpd-guard.toml', '[recover]\nreap = "never"\n');
    await isLeftAlone(t, start, /port-held-by-orphans/);
    const { cause, cures } = await diagnose();
    t.equal(cause, 'port-held-by-orphans');
    t.match(cures[0]?.run[0], /^kill -9 \d+/);
    t.ok(await apache.serves(), 'they are left');

    await lab.sh('rm /etc/httpd-guard.toml');
    const { exitCode, stdout } = await lab.run('httpd-guard', 'recover', '--dry-run', '--json');
    t.equal(exitCode, 0);
    t.match(JSON.parse(stdout), { outcome: 'planned', plan: [{ do: 'reap' }, { do: 'clean' }] });
    const recovered = await lab.run('httpd-guard', 'recover', '--json');
    t.match(JSON.parse(recovered.stdout), { outcome: 'recovered', steps: [{ do: 'reap', ok: true }] });
    t.ok(await apache.serves());
    t.ok((await apache.masterPid()) > 0);
    t.equal(await lab.sh(`systemctl show -P NRestarts ${apache.unit}`), '0');
  });

  t.equal(await apache.mutexErrors(), '');
});
