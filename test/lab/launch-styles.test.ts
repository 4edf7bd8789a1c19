import { copyFileSync, appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { BINARY_TEXT } from '../../src/core/httpd/identity.ts';
import { Apache, type Mpm, WWW_DATA, clean, setIds } from './apache.ts';
import { Lab, until } from './lab.ts';

const HTTPD = '/usr/sbin/apache2';
const NODE = '/usr/local/bin/node';
const LIB = '/usr/lib/httpd-guard';

/** The number of memfd_create(2). */
const MEMFD_CREATE = { x64: 319, arm64: 279 }[process.arch as string] ?? NaN;

/**
 * Ways to start httpd in which its exe link names another program, or hides it. Each line runs in a unit of its own, not in httpd's.
 * A launcher makes the one set, and is gone: then nothing but the program of the master shows that the set is in use.
 */
const STYLES: Record<string, string> = {
  'as packaged': `exec ${HTTPD} -k start`,
  'under another name': `cp ${HTTPD} /opt/web; exec /opt/web -k start`,
  'by the loader': `exec /lib64/ld-linux-*.so.2 ${HTTPD} -k start`,
  'by a loader of another name': `cp /lib64/ld-linux-*.so.2 /opt/begin; exec /opt/begin ${HTTPD} -k start`,
  'by a loader of another name, under another name': `cp /lib64/ld-linux-*.so.2 /opt/begin; cp ${HTTPD} /opt/web; exec /opt/begin /opt/web -k start`,
  'from a file that is removed': `cp ${HTTPD} /opt/gone; (sleep 2; rm /opt/gone) & exec /opt/gone -k start`,
  'from a folder that is mounted for it alone': `mkdir -p /opt/m; mount -t tmpfs none /opt/m; cp ${HTTPD} /opt/m/web; exec /opt/m/web -k start`,
  'in a chroot': `mkdir -p /opt/root; mount --rbind / /opt/root; exec chroot /opt/root ${HTTPD} -k start`,
  'without capabilities that it does not need': `exec setpriv --bounding-set=-all,+setuid,+setgid,+net_bind_service,+kill ${HTTPD} -k start`,
  'by a shell that stays': `${HTTPD} -k start; true`,
  'in a session of its own': `exec setsid -w ${HTTPD} -k start`,
  'under a false argv[0]': `exec perl -e 'exec {"${HTTPD}"} "sleep", "-k", "start"'`,
  'with another personality': `exec setarch -R ${HTTPD} -k start`,
  'in a mount namespace of its own': `exec unshare -m ${HTTPD} -k start`,
  'in a pid namespace of its own, under another name': `cp ${HTTPD} /opt/web; exec unshare -pf --mount-proc sh -c '/opt/web -k start; exec sleep 10000' & sleep 2`,
  'in a control group namespace of its own': `exec unshare -C ${HTTPD} -k start`,
  'in a scope, under another name': `cp ${HTTPD} /opt/web; exec systemd-run -q --scope /opt/web -k start`,
  'traced, from a file named as a library, by a loader of another name': `cp /lib64/ld-linux-*.so.2 /opt/begin; cp ${HTTPD} /opt/web.so; strace -f -o /dev/null /opt/begin /opt/web.so -k start & sleep 4`,
  'from memory': `exec perl -e '$fd = syscall ${MEMFD_CREATE}, $name = "x", 0; open $to, ">&=", $fd; open $from, "${HTTPD}"; local $/; print {$to} <$from>; $to->flush; exec {"/proc/self/fd/$fd"} "x", "-k", "start"'`,
  'under a path longer than a page': `exec perl -e 'chdir "/opt"; for (1 .. 20) { $name = "d" x 250; mkdir $name; chdir $name } system "cat ${HTTPD} >web; chmod 755 web"; exec "./web", "-k", "start"'`,
  'in a control group that is no unit': `${HTTPD} -k start; mkdir -p /sys/fs/cgroup/web; for pid in $(pgrep apache2); do echo $pid >/sys/fs/cgroup/web/cgroup.procs; done`,
  'from a file mounted over another program': `mount --bind ${HTTPD} /usr/bin/yes; exec /usr/bin/yes -k start`,
  'in a network and a UTS namespace of its own': `exec unshare -u ${HTTPD} -k start`,
  'under valgrind (none)': `exec valgrind -q --tool=none ${HTTPD} -k start`,
  'under valgrind (callgrind)': `cd /tmp; exec valgrind -q --tool=callgrind ${HTTPD} -k start`,
  'under valgrind (memcheck), under another name': `cp ${HTTPD} /opt/web; exec valgrind -q /opt/web -k start`,
};

/** The number of unshare(2). */
const UNSHARE = { x64: 272, arm64: 97 }[process.arch as string] ?? NaN;

const MPMS: readonly Mpm[] = ['prefork', 'worker', 'event'];

/** All styles on all MPMs take some seven minutes. */
const IS_WHOLE = process.env['HTTPD_GUARD_LAB_WHOLE'] === '1';

void t.test('no set of a running httpd is removed, however it was started', async (t) => {
  const lab = await Lab.bootWithFaults();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await apache.addInstance('b', 8080);
  await lab.installGuard();
  // One set, of a mutex that is locked by nothing but TLS sessions: no last user, nobody who waits.
  for (const folder of ['apache2', 'apache2-b'])
    await lab.sh(
      `sed -i 's/^Mutex .*/Mutex sysvsem ssl-cache/; /^Rewrite/d' /etc/${folder}/conf-enabled/lab.conf`,
    );
  await lab.sh('httpd-guard check || true; httpd-guard check --unit apache2@b || true');

  /** Everything that removes. */
  const remove = async (ids: readonly number[]): Promise<void> => {
    await clean(lab);
    await clean(lab, '--set', ...ids.map(String));
    await lab.sh(`sh ${LIB}/gate ${NODE} apache2.service; sh ${LIB}/gate ${NODE} apache2@b.service`);
    await lab.sh(
      `SERVICE_RESULT=exit-code EXIT_CODE=exited EXIT_STATUS=1 sh ${LIB}/post-stop ${NODE} apache2.service`,
    );
  };

  let judged = 0;
  for (const [m, mpm] of MPMS.entries()) {
    await lab.sh(`a2dismod -q -f mpm_event mpm_worker mpm_prefork; a2enmod -q mpm_${mpm}`);
    for (const [i, [style, line]] of Object.entries(STYLES).entries()) {
      if (!IS_WHOLE && i % MPMS.length !== m) continue;
      await t.test(`${style}, ${mpm}`, async (t) => {
        lab.write('root/start', `. /etc/apache2/envvars\nmkdir -p /var/run/apache2\n${line}\n`);
        await lab.sh('systemctl reset-failed mine 2>/dev/null || true');
        await lab.sh(
          'systemd-run -q --unit mine -p Type=forking -p TimeoutStopSec=3 -p PrivateMounts=yes sh /root/start',
        );
        await until('it to serve', async () => ((await apache.serves()) ? true : null));
        const ids = await setIds(lab, WWW_DATA);
        t.equal(ids.length, 1);
        await remove(ids);
        t.strictSame(await setIds(lab, WWW_DATA), ids, 'idle');
        const load = lab.run('ab', '-q', '-t', '2', '-c', '4', 'http://127.0.0.1/');
        await remove(ids);
        t.strictSame(await setIds(lab, WWW_DATA), ids, 'busy');
        await load;
        t.ok(await apache.serves());
        judged += 10;
        // Not all of them are in the unit.
        await lab.sh(
          'systemctl stop mine; while pkill -9 -f "[-]k start"; do sleep 0.05; done; rm -f /run/apache2/apache2.pid',
        );
        await clean(lab);
        t.strictSame(await setIds(lab, WWW_DATA), [], 'and it is cleared after it has ended');
      });
    }
  }
  t.comment(
    `${judged} removals tried, ${Object.keys(STYLES).length} styles, ${IS_WHOLE ? 'each on all MPMs' : 'each on one MPM; HTTPD_GUARD_LAB_WHOLE=1 for all'}`,
  );
  t.equal(await apache.mutexErrors(), '');
});

void t.test('no set is removed of programs that hide the process which knows it', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await Apache.setUp(lab);
  await lab.installGuard();
  await lab.sh('httpd-guard check || true');
  lab.write('root/make', MAKE_ONE, 0o755);

  // A stand-in, since no static httpd is packaged: static, large, of another name, and with Apache's text at its end.
  const program = fileURLToPath(import.meta.resolve('@esbuild/linux-x64/bin/esbuild'));
  copyFileSync(program, `${lab.root}/opt/static`);
  appendFileSync(`${lab.root}/opt/static`, `\0${BINARY_TEXT}\0`);
  lab.write('opt/site/index.html', '');

  const kinds: Record<string, string> = {
    'a large static binary of another name':
      '/root/make; mkfifo /opt/pipe; exec /opt/static --serve --servedir=/opt/site <>/opt/pipe',
    'a thread in this IPC namespace, the first one in another': `cp /usr/bin/perl /opt/httpd; exec /opt/httpd -e '
      use threads; system "/root/make";
      threads->create(sub { sleep 1 while 1 });
      syscall(${UNSHARE}, 0x08000000) == 0 or die "unshare: $!";
      sleep 1 while 1'`,
  };
  for (const [what, line] of Object.entries(kinds)) {
    await t.test(what, async (t) => {
      lab.write('root/start', `${line}\n`);
      await lab.sh('systemd-run -q --unit mine -p Type=exec sh /root/start');
      const ids = await until('the set', async () => {
        const now = await setIds(lab, WWW_DATA);
        return now.length === 1 ? now : null;
      });
      const pid = (await lab.sh('systemctl show -P MainPID mine')).trim();
      await until('the program', async () =>
        (await lab.sh(`readlink /proc/${pid}/exe`)).startsWith('/opt/') ? true : null,
      );
      if (what.startsWith('a thread'))
        await until('the other namespace', async () =>
          (await lab.sh(`readlink /proc/${pid}/ns/ipc`)) === (await lab.sh('readlink /proc/1/ns/ipc'))
            ? null
            : true,
        );
      t.strictSame((await clean(lab)).removed, []);
      await lab.sh('systemctl stop mine');
      t.strictSame((await clean(lab)).removed, ids);
    });
  }
});

/** One set, as a launcher makes it that is gone. */
const MAKE_ONE = `#!/usr/bin/perl
my $id = semget(0, 1, 0600 | 01000);
semctl($id, 0, 16, 1);
my $ds = "";
semctl($id, 0, 2, $ds);
substr($ds, 4, 8) = pack("LL", ${WWW_DATA}, ${WWW_DATA});
semctl($id, 0, 1, $ds);
`;
