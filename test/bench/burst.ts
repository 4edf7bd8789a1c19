import { setTimeout as pause } from 'node:timers/promises';
import { type Lab, until } from '../lab/lab.ts';
import { type Target, ms, table } from './report.ts';
import { cpuMs, groupOf } from './unit-cost.ts';

const LINES = 100_000;
const WATCH = 'httpd-guard-watch.service';
const FAIL2BAN = 'fail2ban.service';
/** Who reads on uses far more than that in a second; who sits idle, far less. */
const IDLE_MS = 20;

/** What stands in the middle; the others say nothing that matters, but two of eight have a word that a mutex's line has. */
const REAL = `[core:crit] [pid 4711:tid 4711] (28)No space left on device: AH00023: Couldn't create the ssl-cache mutex`;
const ORDINARY = [
  '[core:error] [pid 4711:tid 4712] [client 192.0.2.7:50312] AH00037: Symbolic link not allowed or link target not accessible: /srv/www/a',
  '[authz_core:error] [pid 4711:tid 4713] [client 192.0.2.8:50313] AH01630: client denied by server configuration: /srv/www/.git/config',
  '[proxy_fcgi:error] [pid 4711:tid 4714] [client 192.0.2.9:50314] AH01071: Got error \'PHP message: PHP Warning:  Undefined array key "id" in /srv/www/index.php on line 12\'',
  '[ssl:info] [pid 4711:tid 4715] [client 192.0.2.10:50315] AH01964: Connection to child 3 established (server lab:443)',
  '[core:error] [pid 4711:tid 4716] [client 192.0.2.11:50316] AH00126: Invalid URI in request GET /../../etc/passwd HTTP/1.1',
  '[proxy:error] [pid 4711:tid 4717] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:8080 (127.0.0.1) failed',
  '[mpm_event:notice] [pid 4711:tid 4711] AH00492: caught SIGWINCH, shutting down gracefully; children exit',
  '[autoindex:error] [pid 4711:tid 4718] [client 192.0.2.12:50317] AH01276: Cannot serve directory /srv/www/blocks/: No matching DirectoryIndex found',
];

/** Lets httpd's unit write a burst into the journal that the guard and fail2ban both follow. */
export async function benchBurst(lab: Lab): Promise<Target[]> {
  await startFail2ban(lab);
  const units = [WATCH, FAIL2BAN];
  await quiet(lab, units);
  const before = await used(lab, units);
  const looksBefore = await looks(lab);
  await writeBurst(lab);
  await until('the journal to hold the burst', async () =>
    Number(await lab.sh('journalctl -u apache2 -t apache2 -o cat | wc -l')) >= LINES ? true : null,
  );
  await quiet(lab, units);
  const [guard = NaN, fail2ban = NaN] = (await used(lab, units)).map((cpu, i) => cpu - (before[i] ?? NaN));
  const asked = (await looks(lab)) - looksBefore;
  const found = await foundByFail2ban(lab);
  if (found !== 1)
    throw new Error(`fail2ban found ${found} lines instead of one: its time is of something else`);
  const name = `burst of ${LINES.toLocaleString('en')} lines`;
  process.stdout.write(
    table(
      [name, 'CPU', 'real lines found'],
      [
        ['httpd-guard-watch and its journalctl', ms(guard), String(asked)],
        ['fail2ban, backend = systemd', ms(fail2ban), String(found)],
      ],
    ),
  );
  return [
    {
      what: `${name}: httpd-guard uses no more CPU than fail2ban (${ms(fail2ban)})`,
      saw: ms(guard),
      met: guard <= fail2ban,
    },
    { what: `${name}, one of them real: exactly one look`, saw: String(asked), met: asked === 1 },
  ];
}

/** Lines of httpd's unit, one of which is about a set. */
export async function writeBurst(lab: Lab): Promise<void> {
  const lines = Array.from({ length: LINES }, (_, i) =>
    i === LINES / 2 ? REAL : ORDINARY[i % ORDINARY.length],
  );
  lab.write('root/burst', `${lines.join('\n')}\n`);
  // journald asks the kernel for the unit of who connects.
  await lab.sh(
    `echo $$ >${groupOf('apache2.service')}/cgroup.procs; exec systemd-cat -t apache2 cat /root/burst`,
  );
}

async function startFail2ban(lab: Lab): Promise<void> {
  await lab.sh('rm -f /etc/fail2ban/jail.d/*');
  lab.write('etc/fail2ban/jail.local', JAIL);
  lab.write('etc/fail2ban/filter.d/bench.conf', FILTER);
  lab.write('etc/fail2ban/action.d/bench.conf', '[Definition]\nactionban = true\n');
  await lab.sh('systemctl start fail2ban');
  await until('fail2ban to follow the journal', async () =>
    (await lab.run('fail2ban-client', 'status', 'bench')).exitCode === 0 ? true : null,
  );
}

const JAIL = `[bench]
enabled = true
backend = systemd
journalmatch = _SYSTEMD_UNIT=apache2.service
filter = bench
action = bench
maxretry = 1
usedns = no
`;

const FILTER = `[Definition]
failregex = \\(28\\)No space left on device: AH\\d+: Couldn't create the <F-ID>\\S+</F-ID> mutex
`;

async function foundByFail2ban(lab: Lab): Promise<number> {
  return Number(/Total failed:\s*(\d+)/.exec(await lab.sh('fail2ban-client status bench'))?.[1]);
}

/** How many looks the watcher has asked for. */
async function looks(lab: Lab): Promise<number> {
  return Number(await lab.sh(`journalctl -u ${WATCH} -o cat | grep -c 'recovery requested' || :`));
}

function used(lab: Lab, units: readonly string[]): Promise<number[]> {
  return Promise.all(units.map((unit) => cpuMs(lab, unit)));
}

/** All that was there to read is read: none of them worked in the last second. */
async function quiet(lab: Lab, units: readonly string[]): Promise<void> {
  let before = await used(lab, units);
  const stood = async (): Promise<true | null> => {
    await pause(1000);
    const now = await used(lab, units);
    const isQuiet = now.every((cpu, i) => cpu - (before[i] ?? NaN) < IDLE_MS);
    before = now;
    return isQuiet ? true : null;
  };
  await until('the followers of the journal to be quiet', stood, 180_000);
}
