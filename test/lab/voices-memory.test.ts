import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { until } from './lab.ts';
import { type Failure, Stage } from './voices.ts';

/**
 * A container's journal has no line of the kernel. journald reads records of /dev/kmsg (kernel: Documentation/ABI/testing/dev-kmsg)
 * from a FIFO as well, if another process holds it open: whoever opens it to write would wait otherwise.
 */
const GIVE_KMSG =
  'systemd-run -q --unit=kmsg sh -c "mkfifo -m 600 /dev/kmsg && exec sleep infinity <>/dev/kmsg"; until [ -p /dev/kmsg ]; do sleep 0.05; done; systemctl restart systemd-journald';

/** As systemd-oomd does: counts of its kills and of the processes as attributes of the group, around SIGKILL (systemd: oomd-util.c). */
const OOMD = `#!/usr/bin/perl
my ($group) = @ARGV;
# Held open, so that the second attribute is set although systemd removes the group.
sub mark { my ($name, $value) = ("$_[0]", "$_[1]"); my $path = $group; syscall(188, $path, $name, $value, length $value, 0) == 0 or die "setxattr: $!" }
open my $file, "<", "$group/cgroup.procs" or die $!;
chomp(my @pids = <$file>);
mark("user.oomd_ooms", 1);
mark("user.oomd_kill", scalar @pids);
kill 9, @pids;
`;

const OOM = 'Out of memory: Killed process PID (apache2) total-vm:9kB, anon-rss:9kB, UID:0 oom_score_adj:0';

/** Kills the master alone, after these lines of sh, in which PID is its pid. */
const killAfter =
  (...lines: readonly string[]) =>
  async ({ apache, lab }: Stage): Promise<unknown> => {
    await apache.start();
    const pid = String(await apache.masterPid());
    for (const line of lines) await lab.sh(line.replaceAll('PID', pid));
    return lab.sh(`kill -9 ${pid}`);
  };
/** A record: level, number, which must grow, time and flags. */
const ofKernel = (text: string): string =>
  `timeout 5 sh -c "echo '3,$(date +%s%N),1,-;${text}' >/dev/kmsg"; journalctl --sync`;

const FAILURES: readonly Failure[] = [
  {
    what: "the kernel's OOM killer",
    fail: killAfter(ofKernel(OOM)),
    cause: 'out-of-memory',
    saw: /the kernel logged that its OOM killer/,
  },
  {
    what: 'the limit of a control group',
    fail: killAfter(ofKernel(OOM.replace('Out of memory', 'Memory cgroup out of memory'))),
    cause: 'out-of-memory',
    saw: /the kernel logged that its OOM killer/,
  },
  {
    what: 'systemd-oomd',
    fail: async ({ apache, lab }) => {
      lab.write('root/oomd', OOMD, 0o755);
      await apache.start();
      await lab.sh(`/root/oomd /sys/fs/cgroup$(systemctl show -P ControlGroup ${apache.unit})`);
    },
    cause: 'out-of-memory',
    // systemd 253 and newer report it as the result.
    saw: /systemd-oomd killed its processes|killed by the OOM killer/,
  },
  {
    what: 'a kill beside an OOM kill of another process',
    fail: killAfter(ofKernel(OOM.replace('PID', '1PID'))),
    cause: 'killed',
    saw: /signal/,
  },
  {
    what: 'a kill after forged lines of the kernel and of systemd-oomd',
    fail: killAfter(
      `logger -p kern.crit -t kernel '${OOM}'`,
      "logger -t systemd 'apache2.service: systemd-oomd killed 7 process(es) in this unit.'",
      "systemd-run -q --wait -p User=www-data --unit=forger sh -c 'echo Killed /system.slice/apache2.service due to memory pressure for /'",
      `echo '${OOM}' >>/var/log/apache2/error.log; journalctl --sync`,
    ),
    cause: 'killed',
    saw: /signal/,
  },
];

/** systemd reads from the unit's control group, in version 2, that the kernel killed there (memory.events). */
const CONTROLLERS = '/sys/fs/cgroup/cgroup.controllers';
const hasMemoryGroups = existsSync(CONTROLLERS) && /\bmemory\b/.test(readFileSync(CONTROLLERS, 'utf8'));

const OF_GROUP: Failure = {
  what: 'the memory limit of the unit',
  fail: async ({ apache, lab }) => {
    await apache.start();
    await lab.sh(`systemctl set-property --runtime ${apache.unit} MemoryMax=1M MemorySwapMax=0`);
    const pid = await apache.masterPid();
    // A reload needs memory.
    await until('the OOM killer', async () =>
      (await lab.run('kill', '-USR1', String(pid))).exitCode === 0 ? null : true,
    );
  },
  cause: 'out-of-memory',
  saw: /killed by the OOM killer/,
  undo: ({ apache, lab }) => lab.sh(`systemctl revert ${apache.unit} || true`),
};

void t.test('memory that runs out: every command reports the same cause', async (t) => {
  const stage = await Stage.boot();
  t.teardown(() => {
    stage.lab.end();
  });
  await stage.lab.sh(GIVE_KMSG);
  if (!hasMemoryGroups)
    t.comment('1 failure less: without memory control groups of version 2 no unit has a memory limit here');
  await stage.play(t, hasMemoryGroups ? [...FAILURES, OF_GROUP] : FAILURES);
});
