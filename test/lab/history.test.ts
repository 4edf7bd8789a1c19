import t from 'tap';
import { Apache, WWW_DATA, clean, letSetsAge, makeSets, setIds } from './apache.ts';
import { Guard, failForSets } from './guard.ts';
import { Lab } from './lab.ts';

const CLEARED = 'c1bb077a6a77442e99f1b6dfa6ac284d';

interface Deed {
  at: string;
  unit: string | null;
  did: string;
  cause: string | null;
  sentence: string;
  command?: string;
  removed?: number;
  failed?: number;
  ids?: number[];
  setsUsed?: number;
}

void t.test('history shows what httpd-guard did, and no forged entries', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();
  const history = async (...words: string[]): Promise<Deed[]> => {
    await lab.sh('journalctl --sync');
    const { exitCode, stdout, stderr } = await lab.run('httpd-guard', 'history', '--json', ...words);
    if (exitCode !== 0) throw new Error(`history ended with ${exitCode}: ${stderr}`);
    const { schema, entries } = JSON.parse(stdout) as { schema: number; entries: Deed[] };
    if (schema !== 1) throw new Error(`schema ${schema}`);
    return entries;
  };

  await t.test('before the first entry', async (t) => {
    t.strictSame(await lab.run('httpd-guard', 'history'), {
      exitCode: 0,
      stdout: 'No entries of httpd-guard in the journal.',
      stderr: '',
    });
    t.strictSame(await history(), []);
  });

  await t.test("a start that removes sets writes one line with figures to the unit's journal", async (t) => {
    await lab.sh('httpd-guard install --quiet');
    await makeSets(lab, 60, { uid: WWW_DATA });
    const ids = await setIds(lab);
    await apache.start();
    const [deed, ...more] = await history();
    t.strictSame(more, []);
    t.match(deed, {
      unit: 'apache2.service',
      did: 'cleared',
      cause: null,
      sentence: 'removed 60 semaphore sets leaked by a killed httpd',
      command: 'pre-start',
      removed: 60,
      failed: 0,
    });
    t.strictSame(deed?.ids, ids.slice(0, 50), 'a list is bounded');
    t.ok(Math.abs(Date.parse(deed?.at ?? '') - Date.now()) < 60_000);
    t.equal(await lab.sh('journalctl -o cat -u apache2 | grep -c "removed 60"'), '1');
    t.match(
      await lab.sh(`journalctl -x -u apache2 MESSAGE_ID=${CLEARED}`),
      'Orphaned semaphore sets removed: 60',
    );
  });

  await t.test('after a kill -9: the cause, then the removed sets', async (t) => {
    const sets = (await setIds(lab, WWW_DATA)).length;
    await apache.kill9();
    const [, ...deeds] = await history();
    t.match(deeds, [
      { did: 'explained', unit: 'apache2.service', cause: 'killed' },
      { did: 'cleared', command: 'post-stop', removed: sets },
    ]);
    t.equal(await lab.sh('journalctl -o cat -u apache2 | grep -c "^removed"'), '2');
  });

  await t.test('clean by hand, with and without --dry-run', async (t) => {
    await makeSets(lab, 2, { uid: WWW_DATA });
    const before = await history();
    await clean(lab, '--dry-run');
    t.strictSame(await history(), before, 'what was not done is no history');
    await clean(lab);
    await clean(lab);
    t.match((await history()).slice(before.length), [{ did: 'cleared', command: 'clean', removed: 2 }]);
  });

  await t.test('an entry of another user', async (t) => {
    const before = await history();
    const forge = (user: string): string =>
      `printf '%s\\n' MESSAGE_ID=${CLEARED} 'MESSAGE=forged' _UID=0 HTTPD_GUARD_UNIT=apache2.service HTTPD_GUARD_REMOVED=1 | setpriv --reuid=${user} --clear-groups logger --journald`;
    await lab.sh(forge('nobody'));
    await lab.sh(forge('www-data'));
    await lab.sh('journalctl --sync');
    t.match(await lab.sh(`journalctl -o cat MESSAGE_ID=${CLEARED}`), 'forged', 'it is in the journal');
    t.strictSame(await history(), before);
    // The same by root is believed, but cannot reach the terminal.
    await lab.sh(forge('root').replace('=forged', '=\u001b[2Jby root'));
    t.match((await lab.run('httpd-guard', 'history')).stdout, '\\x1b[2Jby root');
  });

  await t.test('--since, --unit', async (t) => {
    t.equal((await history('--since', '1 hour ago')).length, (await history()).length);
    t.strictSame(await history('--since=tomorrow'), []);
    t.strictSame(await history('--since', '2999-01-01 00:00'), []);
    t.strictSame(await lab.run('httpd-guard', 'history', '--since', '$(id)'), {
      exitCode: 64,
      stdout: '',
      stderr:
        'httpd-guard: --since: Failed to parse timestamp: $(id); valid are for example "2 hours ago" and "2026-03-01 12:00"',
    });
    t.strictSame(await history('--unit', 'other'), []);
    t.not((await history('--unit', 'apache2')).length, 0);
    await lab.sh('echo \'unit = "other.service"\' >/etc/httpd-guard.toml');
    t.strictSame(await history(), [], 'configured');
    await lab.sh('rm /etc/httpd-guard.toml');
  });

  await t.test('as an ordinary user, and with no journalctl', async (t) => {
    const as = (...words: string[]) =>
      lab.run(...(['setpriv', '--reuid=nobody', ...words, 'httpd-guard', 'history'] as const));
    t.strictSame(await as('--clear-groups'), {
      exitCode: 3,
      stdout: '',
      stderr:
        'httpd-guard: the journal cannot be read: permission denied; run as root or as a member of the group systemd-journal or adm',
    });
    const group = (await lab.sh('getent group systemd-journal')).split(':')[2] ?? '';
    t.match(await as(`--groups=${group}`), { exitCode: 0, stdout: /pre-start/, stderr: '' });
    const without = await lab.run(
      ...(['unshare', '-m', 'sh', '-c'] as const),
      'mount --bind /dev/null /usr/bin/journalctl; httpd-guard history',
    );
    t.match(without, {
      exitCode: 3,
      stdout: '',
      stderr: /^httpd-guard: the journal cannot be read: [^\n]+$/,
    });
  });

  await t.test(
    'without perl, without logger, with a journald that hangs: httpd starts, and the line is logged',
    async (t) => {
      const start = async (): Promise<number> => {
        await lab.sh('systemctl stop apache2');
        await makeSets(lab, 2, { uid: WWW_DATA });
        const began = performance.now();
        await apache.start();
        return performance.now() - began;
      };
      const instead = (tool: string) => `BindPaths=/dev/null:/usr/bin/${tool}`;
      const lines = async (mark: string): Promise<string[]> =>
        (await lab.sh(`journalctl --sync; journalctl -o cat -u apache2 --since=${mark}`))
          .split('\n')
          .filter((line) => line.includes('removed 2'));
      const mark = (): Promise<string> => lab.sh('journalctl --sync; date +@%s.%6N');
      // "+" would lift the unit's own mounts.
      const gate = (await lab.sh('grep -h ^ExecStartPre /etc/systemd/system/apache2.service.d/*')).replace(
        '-+',
        '-',
      );

      await apache.dropIn('zz.conf', instead('perl'), 'ExecStartPre=', gate, 'ExecStopPost=');
      let since = await mark();
      await start();
      t.strictSame(await lines(since), ['removed 2 semaphore sets leaked by a killed httpd'], 'by logger');
      t.match((await history('--since', since)).at(-1), { command: 'pre-start', removed: 2 });

      await apache.dropIn(
        'zz.conf',
        instead('perl'),
        instead('logger'),
        'ExecStartPre=',
        gate,
        'ExecStopPost=',
      );
      since = await mark();
      await start();
      t.match(await lines(since), [/^httpd-guard: removed 2 .*$/], 'a plain line');
      t.strictSame(await history('--since', since), []);

      await lab.sh('rm /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload');
      const usualMs = await start();
      since = await mark();
      const journald = await lab.sh('systemctl show -P MainPID systemd-journald');
      await lab.sh(`kill -STOP ${journald}`);
      lab.write('root/fill', FILL_JOURNAL);
      await lab.sh('perl /root/fill');
      const hangingMs = await start();
      await lab.sh(`kill -CONT ${journald}`);
      t.ok(hangingMs < usualMs + 3_000, `${hangingMs.toFixed()} ms, else ${usualMs.toFixed()}`);
      t.match(await lines(since), [/^httpd-guard: removed 2/], 'a plain line, once journald is back');
    },
  );

  await t.test('a recovery, and giving up', async (t) => {
    const guard = await Guard.install(lab, apache);
    guard.configure('settle = 0');
    const mark = await guard.mark();
    await failForSets(apache);
    await guard.told(/serves again/, mark);
    await guard.rests();
    const triesMs = [3, 2, 1].map((minutes) => Date.now() - 60_000 * minutes);
    lab.write('var/lib/httpd-guard/apache2.service.recoveries', JSON.stringify({ triesMs, gaveUp: false }));
    await failForSets(apache);
    await letSetsAge(lab);
    await guard.rests();
    const deeds = await history('--since', mark);
    t.match(deeds, [
      { did: 'cleared', command: 'recover' },
      { did: 'recovered', cause: 'semaphore-leak' },
      { did: 'gave-up', cause: 'semaphore-leak' },
    ]);
    t.match((await lab.run('httpd-guard', 'history', '--verbose')).stdout, /command: recover/);
  });
});

/** Sends until journald's queue is full, from many sockets, for one alone would fill its own buffer first. */
const FILL_JOURNAL = String.raw`
  for (1 .. 20) {
    socket(S, 1, 2, 0);
    1 while send(S, "MESSAGE=filler\n", 64, pack("Sa*", 1, "/run/systemd/journal/socket"));
  }
`;
