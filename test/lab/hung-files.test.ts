import t from 'tap';
import { Apache, WWW_DATA, clean, letSetsAge, makeSets, setIds } from './apache.ts';
import { bootWithFuse } from './boot-with-fuse.ts';
import { until } from './lab.ts';

/** How much longer a restart may take with the hooks than without: a second, and on a busy machine twice as long. */
const mostMoreMs = (withoutMs: number): number => Math.max(1_000, 2 * withoutMs);
/** A read-only command ends within this time. */
const MOST_CHECK_MS = 6_000;

const USER = 1000;

void t.test(
  'file systems that hang, refuse or lost their server, with a running program on them',
  async (t) => {
    const lab = await bootWithFuse(t);
    const apache = await Apache.setUp(lab, 'prefork');
    await lab.installGuard();
    await lab.sh('httpd-guard check || true');

    /** Starts a program of a user on a file system of its own, which then behaves as `mode`. */
    const occupy = async (name: string, uid: number, who: 'allow' | 'deny', mode: string): Promise<void> => {
      await lab.sh(`mkdir -p /mnt/${name}; echo serve >/run/mode-${name}`);
      await lab.sh(
        `systemd-run -q --unit fuse-${name} perl /root/fuse-server /mnt/${name} /bin/sleep /run/mode-${name} ${uid} ${who}`,
      );
      await until('the mount', async () =>
        (await lab.sh('cat /proc/mounts')).includes(`/mnt/${name}`) ? true : null,
      );
      await lab.sh(
        `systemd-run -q --unit on-${name} -p Type=exec setpriv --reuid=${uid} --regid=${uid} --clear-groups /mnt/${name}/prog 100000`,
      );
      await until('the program', async () =>
        (await lab.run('pgrep', '-f', `^/mnt/${name}/prog`)).exitCode === 0 ? true : null,
      );
      await lab.sh(
        mode === 'lost' ? `systemctl kill -s KILL fuse-${name}` : `echo ${mode} >/run/mode-${name}`,
      );
    };

    /** How long a restart takes when the last run was killed, and how many of its sets are left then. */
    const restart = async (): Promise<{ ms: number; left: number }> => {
      await apache.start();
      await apache.kill9();
      // With hooks, ExecStopPost may have cleared: ExecStartPre gets sets of its own to clear.
      await makeSets(lab, 3, { uid: WWW_DATA });
      const before = await setIds(lab, WWW_DATA);
      await letSetsAge(lab);
      await lab.sh('systemctl reset-failed apache2');
      const beganMs = performance.now();
      await lab.sh('systemctl restart apache2');
      const ms = performance.now() - beganMs;
      const after = await setIds(lab, WWW_DATA);
      t.ok(await apache.serves());
      await lab.sh('systemctl stop apache2');
      return { ms, left: before.filter((id) => after.includes(id)).length };
    };

    const without = await restart();
    t.ok(without.left > 0, 'without hooks they stay');
    await clean(lab);
    await lab.sh('httpd-guard install --unit apache2');
    const free = await restart();
    t.equal(free.left, 0);
    t.comment(`a restart takes ${Math.round(without.ms)} ms without hooks, ${Math.round(free.ms)} ms with`);

    const kinds: [string, number, 'allow' | 'deny', string][] = [
      ['user-hangs', USER, 'allow', 'hang'],
      ['user-refuses-root', USER, 'deny', 'serve'],
      ['user-hangs-and-refuses', USER, 'deny', 'hang'],
      ['user-stale', USER, 'allow', 'stale'],
      ['user-refuses', USER, 'allow', 'refuse'],
      ['user-lost', USER, 'allow', 'lost'],
      ['web-user-hangs', WWW_DATA, 'allow', 'hang'],
      ['root-hangs', 0, 'allow', 'hang'],
      ['root-lost', 0, 'allow', 'lost'],
    ];
    for (const [name, uid, who, mode] of kinds) {
      await t.test(name, async (t) => {
        await occupy(name, uid, who, mode);
        const { ms, left } = await restart();
        t.comment(`restart ${Math.round(ms)} ms, ${left} sets kept`);
        t.ok(ms < without.ms + mostMoreMs(without.ms), `a restart takes ${Math.round(ms)} ms`);
        if (uid === 0) t.ok(left > 0, 'a program of root that cannot be read could be httpd');
        else t.equal(left, 0, 'a program of another user cannot know the sets');
        const beganMs = performance.now();
        const { stdout, exitCode } = await lab.run('httpd-guard', 'check', '--explain');
        const checkMs = performance.now() - beganMs;
        t.comment(`check ${Math.round(checkMs)} ms, exit ${exitCode}`);
        t.ok(checkMs < MOST_CHECK_MS);
        if (uid === 0) t.match(stdout, `/mnt/${name}/prog`, 'the process in the way is named');
        // Its sets were made before that program started: it can know none of them.
        await lab.sh(`systemctl kill -s KILL on-${name} fuse-${name}; umount -l /mnt/${name}`);
        await until('the program to end', async () =>
          (await lab.run('pgrep', '-f', `^/mnt/${name}/prog`)).exitCode === 0 ? null : true,
        );
        await clean(lab);
        t.strictSame(await setIds(lab, WWW_DATA), []);
      });
    }

    await t.test('what was made before a program of root started is cleared all the same', async (t) => {
      await makeSets(lab, 3, { uid: WWW_DATA });
      await letSetsAge(lab);
      await occupy('root-late', 0, 'allow', 'hang');
      t.equal((await clean(lab)).removed.length, 3);
    });
    t.equal(await apache.mutexErrors(), '');
  },
);
