import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Random } from '../core/verdict/random.ts';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

const STEPS = 60;
const seed = Number(process.env['HTTPD_GUARD_SEED'] ?? Date.now() % 1_000_000);
const random = new Random(seed);

interface Server {
  apache: Apache;
  runs: boolean;
  /** Its sets: those that appeared while it alone started or reloaded. */
  sets: Set<number>;
  /** Whether a look was over since they appeared. */
  isSeen: boolean;
}

/** A program of httpd's user: a use of a set, or a change of its mode and time, by IPC_SET. */
const FORGE = `#!/usr/bin/perl
my ($how, $id) = @ARGV;
if ($how eq "use") { semop($id, pack("s!3", 0, 1, 04000)); semop($id, pack("s!3", 0, -1, 04000)); exit; }
my $ds = "";
semctl($id, 0, 2, $ds) or exit;
semctl($id, 0, 1, $ds);
`;

void t.test(`three guarded instances of one user, ${STEPS} random steps (seed ${seed})`, async (t) => {
  t.comment(`to repeat: HTTPD_GUARD_SEED=${seed}`);
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const a = await Apache.setUp(lab, 'event');
  const b = await a.addInstance('b', 8080);
  const c = await a.addInstance('c', 8081);
  const byHand = await a.addInstance('d', 8082);
  lab.write('usr/local/bin/forge', FORGE, 0o755);
  const guard = await Guard.install(lab, a, b, c);
  await lab.limitSets(200);
  const servers: Server[] = [a, b, c].map((apache) => ({
    apache,
    runs: false,
    sets: new Set(),
    isSeen: false,
  }));
  const hand: Server = { apache: byHand, runs: false, sets: new Set(), isSeen: true };
  const all = [...servers, hand];
  const said: string[] = [];
  /** Sets that a program of httpd's user has used or changed: they may be kept. */
  const forged = new Set<number>();
  let wrong = 0;
  let leaked = 0;
  let unseenKills = 0;
  let unseenLeaks = 0;

  const table = async (): Promise<Set<number>> => new Set(await setIds(lab, WWW_DATA));

  /** What appears meanwhile is the server's. */
  const change = async (server: Server, action: () => Promise<unknown>): Promise<void> => {
    const before = await table();
    await action();
    await until(`${server.apache.unit} to serve: ${said.join(', ')}`, async () =>
      (await server.apache.serves()) ? true : null,
    );
    server.sets = new Set([...(await table())].filter((id) => !before.has(id)));
    [server.runs, server.isSeen] = [true, false];
  };

  const check = async (step: string): Promise<void> => {
    const now = await table();
    for (const { apache, runs, sets } of all) {
      if (!runs) continue;
      const lost = [...sets].filter((id) => !now.has(id));
      if (lost.length === 0 && (await apache.serves())) continue;
      wrong++;
      t.fail(`${step}: ${apache.unit} lost ${lost.join()}; ${said.join(', ')}`);
    }
  };

  const kill = async (server: Server, how: 'all' | 'master'): Promise<void> => {
    if (how === 'all') await server.apache.kill9();
    else await lab.run('kill', '-9', String(await server.apache.masterPid()));
    const dead = server.sets;
    [server.runs, server.sets] = [false, new Set()];
    const left = async (): Promise<number[]> =>
      [...(await table())].filter((id) => dead.has(id) && !forged.has(id));
    for (let ms = 0; ms < 3_000 && (await left()).length > 0; ms += 200) await pause(200);
    const kept = await left();
    if (!server.isSeen) unseenKills++;
    if (kept.length === 0) return;
    if (server.isSeen) {
      leaked++;
      t.fail(`${server.apache.unit} left ${kept.join()}; ${said.join(', ')}`);
    } else unseenLeaks += kept.length;
  };

  for (let step = 1; step <= STEPS && wrong === 0; step++) {
    const server = random.pick(servers as [Server, ...Server[]]);
    const { apache } = server;
    const name = random.pick(
      server.runs
        ? ([
            'kill',
            'kill-master',
            'reload',
            'signal',
            'restart',
            'stop',
            'forge',
            'forge-time',
            'hand',
            'kill',
          ] as const)
        : (['start', 'start', 'start', 'hand', 'forge'] as const),
    );
    said.push(`${name} ${apache.unit}`);
    const ids = [...(await table())];
    const victim = ids[random.from(0, Math.max(0, ids.length - 1))];
    switch (name) {
      case 'start':
        await change(server, async () => {
          await lab.run('systemctl', 'reset-failed', apache.unit);
          await lab.sh(`systemctl start ${apache.unit}`);
        });
        break;
      case 'restart':
        await change(server, () => lab.sh(`systemctl restart ${apache.unit}`));
        break;
      case 'reload':
        await change(server, () => lab.sh(`systemctl reload ${apache.unit}`).then(() => pause(700)));
        break;
      case 'signal':
        await change(server, () =>
          apache
            .masterPid()
            .then((pid) => lab.sh(`kill -USR1 ${pid}`))
            .then(() => pause(700)),
        );
        break;
      case 'stop':
        await lab.sh(`systemctl stop ${apache.unit}`);
        [server.runs, server.sets] = [false, new Set()];
        break;
      case 'kill':
        await kill(server, 'all');
        break;
      case 'kill-master':
        await kill(server, 'master');
        break;
      case 'hand':
        if (hand.runs) {
          await lab.sh('kill -9 -$(cat /run/apache2-d/apache2.pid)');
          [hand.runs, hand.sets] = [false, new Set()];
        } else
          await change(hand, () =>
            lab.sh(
              'export APACHE_CONFDIR=/etc/apache2-d; . $APACHE_CONFDIR/envvars; mkdir -p /run/apache2-d /var/lock/apache2-d; apache2 -d /etc/apache2-d -k start',
            ),
          );
        break;
      case 'forge':
      case 'forge-time':
        if (victim === undefined) break;
        forged.add(victim);
        await lab.run(
          'setpriv',
          `--reuid=${WWW_DATA}`,
          '--clear-groups',
          'forge',
          name === 'forge' ? 'use' : 'time',
          String(victim),
        );
    }
    if (random.chance(0.6)) {
      await pause(300);
      await guard.rests();
      for (const one of servers) one.isSeen ||= one.runs;
    }
    await check(said.at(-1) ?? '');
  }
  t.equal(wrong, 0, 'no set of a running server was removed, and each one serves');
  t.equal(leaked, 0, 'nothing is left 3 s after a kill of a server that was looked at');
  t.comment(`${unseenKills} kills before a look was over left ${unseenLeaks} sets`);
  for (const { apache } of servers) t.equal(await apache.mutexErrors(), '');
});
