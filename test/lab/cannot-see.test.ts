import t from 'tap';
import { Apache, WWW_DATA, makeSets, setIds } from './apache.ts';
import { Lab } from './lab.ts';

void t.test('without visibility nothing is removed', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();
  await apache.start();
  await lab.sh('httpd-guard check');
  // Leaked as well: what is provable to one who sees is not so to one who does not.
  await makeSets(lab, 2, { uid: WWW_DATA });
  const all = await setIds(lab, WWW_DATA);

  const without = (...words: string[]): string => words.join(' ');
  const noPtrace = 'setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace';
  const hidden =
    "unshare -m sh -c 'mount -t proc -o hidepid=invisible proc /proc; exec setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace httpd-guard clean'";
  const noTools =
    "unshare -m -p -f --mount-proc sh -c 'mount --bind /bin/false /usr/bin/perl; mount --bind /bin/false /usr/bin/ipcs; httpd-guard clean'";
  const covered = (what: string): string =>
    `unshare -m sh -c 'mkdir -p /opt/empty; for pid in $(pgrep apache2); do mount --bind ${what} /proc/$pid; done; httpd-guard clean'`;
  const blind = {
    'an empty folder mounted over each httpd in /proc': covered('/opt/empty'),
    'another process mounted over each httpd in /proc': covered('/proc/1'),
    'other users’ processes closed to it': without(noPtrace, 'httpd-guard clean'),
    'processes hidden from it': hidden,
    'a pid namespace of its own': 'unshare -p -f --mount-proc httpd-guard clean',
    'a pid namespace of its own, and no tool to ask the kernel': noTools,
    'a pid namespace of its own, with /proc of another': 'unshare -p -f httpd-guard clean',
    'its unit’s own sandbox':
      'systemd-run -q --wait --pipe -p ProtectProc=invisible -p CapabilityBoundingSet=~CAP_SYS_PTRACE httpd-guard clean',
  };
  for (const [what, command] of Object.entries(blind)) {
    const { exitCode, stdout } = await lab.run('sh', '-c', command);
    t.equal(exitCode, 3, what);
    t.match(stdout, 'Nothing to remove', what);
    t.strictSame(await setIds(lab, WWW_DATA), all, what);
  }

  await t.test(
    'an ordinary user sees the use of the table, and no verdict that cannot be proven',
    async (t) => {
      const check = await lab.run(
        'setpriv',
        '--reuid=nobody',
        '--clear-groups',
        'httpd-guard',
        'check',
        '--json',
      );
      const report = JSON.parse(check.stdout) as {
        status: string;
        limits: { sets: { used: number } };
        summary: Record<string, number>;
        reasons: string[];
      };
      t.equal(check.exitCode, 0);
      t.equal(report.status, 'ok');
      t.equal(report.limits.sets.used, all.length);
      t.strictSame(report.summary, { orphan: 0, inUse: 0, foreign: 0, unsure: all.length });
      t.match(report.reasons.join(), 'CAP_SYS_PTRACE');
      const clean = await lab.run('setpriv', '--reuid=nobody', '--clear-groups', 'httpd-guard', 'clean');
      t.equal(clean.exitCode, 77);
      t.match(clean.stderr, /^httpd-guard: clean needs root; .*$/);
    },
  );

  t.ok(await apache.serves());
  t.equal(await apache.mutexErrors(), '');
});
