import { parseArgs } from 'node:util';
import { Random } from '../core/verdict/random.ts';
import { Apache, type Mpm, WWW_DATA, makeSets } from './apache.ts';
import { CREATE_FAILED, Guard, MOST_SETS } from './guard.ts';
import { Lab } from './lab.ts';

// npm run soak -- --cycles N --seed S: kills, reloads, stops, full tables and forged lines at random, on each MPM, while a client asks all the time.

const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
});
const CYCLES = Number(values.cycles);
const MPMS: readonly Mpm[] = ['prefork', 'worker', 'event'];
/** Until httpd serves again; the watcher's retries take up to half a minute. */
const MOST_DOWN_MS = 60_000;

interface Tally {
  cycles: number;
  failed: string[];
  longestDownMs: number;
}

async function soak(mpm: Mpm, random: Random): Promise<Tally> {
  const lab = await Lab.boot();
  try {
    const apache = await Apache.setUp(lab, mpm);
    const guard = await Guard.install(lab, apache);
    guard.configure('settle = 0.5');
    await apache.start();
    const use = (): Promise<string> =>
      lab.sh(
        'pid=$(systemctl show -P MainPID httpd-guard-watch); grep VmRSS /proc/$pid/status | tr -s "\\t " " "; ls /proc/$pid/fd | wc -l; journalctl -o cat | wc -l',
      );
    const before = await use();
    const client = lab.run(
      'sh',
      '-c',
      'while [ ! -e /run/over ]; do ab -q -t 5 -c 4 http://127.0.0.1/; done',
    );
    const start = async (): Promise<void> => {
      await lab.run('systemctl', 'reset-failed', 'apache2');
      await lab.run('systemctl', 'start', 'apache2');
    };
    const master = 'kill -9 $(cat /run/apache2/apache2.pid)';
    const events: readonly [string, () => Promise<unknown>][] = [
      ['kill -9 of the master', () => lab.run('sh', '-c', master).then(start)],
      ['kill -9 of all', () => apache.kill9().then(start)],
      ['reload', () => lab.run('systemctl', 'reload', 'apache2')],
      ['stop and start', () => lab.run('sh', '-c', 'systemctl stop apache2; systemctl start apache2')],
      ['restart', () => lab.run('systemctl', 'restart', 'apache2')],
      [
        'a kill -9 into a table that others fill',
        async () => {
          await apache.kill9();
          await lab.run('sh', '-c', `setpriv --reuid=1234 --clear-groups make-sets ${MOST_SETS} 1234 0 1`);
          await start();
          await lab.run('sh', '-c', "ipcs -s | awk '$3 == 1234 { print $2 }' | xargs -r -n 1 ipcrm -s");
        },
      ],
      [
        'orphaned sets while it runs',
        () => makeSets(lab, random.from(1, 4), { uid: WWW_DATA }).catch(() => undefined),
      ],
      ['forged lines', () => lab.run('systemd-cat', '-t', 'httpd', 'echo', CREATE_FAILED)],
    ];
    await makeSets(lab, 0, { uid: WWW_DATA });
    const tally: Tally = { cycles: 0, failed: [], longestDownMs: 0 };
    for (; tally.cycles < CYCLES; tally.cycles++) {
      const [what, act] = random.pick(events as [(typeof events)[0], ...typeof events]);
      const log = await lab.run('sh', '-c', 'wc -l </var/log/apache2/error.log');
      await act();
      // The rate limit is for outages that last; these are made.
      await guard.forgetTries();
      const beganMs = performance.now();
      while (!(await apache.serves()) && performance.now() - beganMs < MOST_DOWN_MS);
      tally.longestDownMs = Math.max(tally.longestDownMs, performance.now() - beganMs);
      if (!(await apache.serves())) {
        tally.failed.push(`cycle ${tally.cycles}, ${what}: it does not serve`);
        await start();
      }
      const lost = await lab.run(
        'sh',
        '-c',
        `tail -n +$((${log.stdout.trim()} + 1)) /var/log/apache2/error.log | grep -E 'AH00144|AH00272|Identifier removed'`,
      );
      if (lost.stdout !== '') tally.failed.push(`cycle ${tally.cycles}, ${what}: ${lost.stdout}`);
    }
    await lab.sh('touch /run/over');
    await client;
    const line = (text: string): string => text.trim().split('\n').join(', ');
    console.log(
      `${mpm}: watcher before ${line(before)}; after ${line(await use())} (memory, open files, journal lines)`,
    );
    return tally;
  } finally {
    lab.end();
  }
}

let failed = 0;
for (const [i, mpm] of MPMS.entries()) {
  const { cycles, failed: failures, longestDownMs } = await soak(mpm, new Random(Number(values.seed) + i));
  failed += failures.length;
  console.log(
    `${mpm}: ${cycles} cycles, ${failures.length} failed, longest outage ${Math.round(longestDownMs)} ms`,
  );
  for (const failure of failures) console.log(`  ${failure}`);
}
process.exitCode = failed === 0 ? 0 : 1;
