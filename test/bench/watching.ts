import { setTimeout as pause } from 'node:timers/promises';
import { Apache } from '../lab/apache.ts';
import type { Lab } from '../lab/lab.ts';
import { benchBurst, writeBurst } from './burst.ts';
import { type Target, mib, table } from './report.ts';
import { type ProcessCost, processesOf } from './unit-cost.ts';

const WATCH = 'httpd-guard-watch.service';
const MOST_MIB = 50;
/** V8 collects once more ten seconds after the start, in Node 26 40 s after it (v8: --gc-memory-reducer-start-delay-ms), and then no more. */
const SETTLE_SECONDS = 45;
/** By then another journalctl follows, since the first one has read much: five seconds after the request for the real line. */
const RENEWED_SECONDS = 15;
/**
 * One look at the table is in it, since the kernel does not signal that a set is gone and httpd does not notice; none where there
 * are no sets. Shorter than half of WatchdogSec=, so there is no beat in it.
 */
const IDLE_SECONDS = 60;
const MOST_WAKE_UPS = 3;

/** What the watcher costs while nothing happens, and while much does. */
export async function benchWatching(lab: Lab): Promise<Target[]> {
  lab.write('etc/systemd/journald.conf.d/bench.conf', JOURNALD);
  await lab.sh('systemctl restart systemd-journald');
  const apache = await Apache.setUp(lab);
  await apache.dropIn('20-bench.conf', 'LogRateLimitIntervalSec=0');
  await apache.start();
  await lab.installGuard();
  await lab.sh('systemctl -q enable apache2 2>&1; httpd-guard install');
  await pause(SETTLE_SECONDS * 1000);
  const started = await processesOf(lab, WATCH);
  await pause(IDLE_SECONDS * 1000);
  const idle = await processesOf(lab, WATCH);
  const burst = await benchBurst(lab);
  await pause(RENEWED_SECONDS * 1000);
  const after = await processesOf(lab, WATCH);
  if (pids(idle) !== pids(started) || after[0]?.pid !== started[0]?.pid)
    throw new Error('the watcher or its journalctl was started anew');

  const wakeUps = started.map(({ sleeps }, i) => (idle[i]?.sleeps ?? NaN) - sleeps);
  const names = started.map(({ name }) => name);
  const inAll = sum(wakeUps);
  process.stdout.write(
    table(
      ['the watcher', ...names.map((name) => `${name}: VmRSS`), 'Pss of both'],
      [
        ['after the start', ...memory(started)],
        ['after the burst', ...memory(after)],
      ],
    ) +
      table(
        [`the watcher, idle for ${IDLE_SECONDS} s`, ...names],
        [['wake-ups of all threads', ...wakeUps.map(String)]],
      ),
  );
  return [
    ...(
      [
        ['start', started],
        ['burst', after],
      ] as const
    ).map(([when, processes]) => ({
      what: `watcher after the ${when}: at most ${MOST_MIB} MiB of memory (Pss, with its journalctl)`,
      saw: mib(pss(processes)),
      met: pss(processes) <= MOST_MIB,
    })),
    {
      what: `watcher, idle for ${IDLE_SECONDS} s: one look at the table, at most ${MOST_WAKE_UPS} wake-ups`,
      saw: String(inAll),
      met: inAll <= MOST_WAKE_UPS,
    },
    ...burst,
    ...(await benchEachNode(lab)),
  ];
}

/** The watcher's memory with each Node that the project supports. */
async function benchEachNode(lab: Lab): Promise<Target[]> {
  const rows: { node: string; started: number; after: number }[] = [];
  for (const folder of (await lab.sh('ls -d /opt/node-*')).split('\n')) {
    await lab.sh(`ln -sf ${folder}/bin/node /usr/local/bin/node; httpd-guard install --quiet`);
    await lab.sh(`systemctl restart ${WATCH}`);
    await pause(SETTLE_SECONDS * 1000);
    const started = pss(await processesOf(lab, WATCH));
    await writeBurst(lab);
    await pause(RENEWED_SECONDS * 1000);
    const after = pss(await processesOf(lab, WATCH));
    rows.push({ node: await lab.sh('node --version'), started, after });
  }
  process.stdout.write(
    table(
      ['the watcher, Pss of both', 'after the start', 'after the burst'],
      rows.map(({ node, started, after }) => [`Node ${node}`, mib(started), mib(after)]),
    ),
  );
  const most = Math.max(...rows.flatMap(({ started, after }) => [started, after]));
  return [
    {
      what: `watcher with each Node: at most ${MOST_MIB} MiB of memory (Pss, with its journalctl)`,
      saw: mib(most),
      met: most <= MOST_MIB,
    },
  ];
}

/** journald loses nothing: what is missed then, the reader missed. */
const JOURNALD = `[Journal]
RateLimitIntervalSec=0
RateLimitBurst=0
RuntimeMaxUse=1G
`;

function memory(processes: readonly ProcessCost[]): string[] {
  return [...processes.map(({ rssMiB }) => mib(rssMiB)), mib(pss(processes))];
}

function pss(processes: readonly ProcessCost[]): number {
  return sum(processes.map(({ pssMiB }) => pssMiB));
}

function pids(processes: readonly ProcessCost[]): string {
  return processes.map(({ pid }) => pid).join(' ');
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
