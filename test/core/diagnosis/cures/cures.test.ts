import { spawnSync } from 'node:child_process';
import t from 'tap';
import { type AdviceInput, writeDropIn } from '../../../../src/core/diagnosis/cures/cure.ts';
import { cures } from '../../../../src/core/diagnosis/cures/cures.ts';
import { known, unknown } from '../../../../src/core/fact.ts';
import { failedUnit, use } from '../failure-builder.ts';

const patient = (
  over: Partial<AdviceInput> = {},
  facts: Parameters<typeof failedUnit>[0] = {},
): AdviceInput => ({
  unit: 'apache2.service',
  facts: known(failedUnit(facts)),
  startCommand: null,
  isStartLimit: false,
  pids: [],
  use: known(use(12)),
  unsure: 0,
  ownerUnknown: null,
  blockingServers: [],
  silentOrphans: [],
  hasFreeSetsAgain: false,
  outsider: null,
  brokenNeed: null,
  isConfigBroken: false,
  awaitsOtherPidFile: false,
  result: 'exit-code',
  portOwners: [],
  pidFile: null,
  ...over,
});

const ENVIRONMENT = new Map(Object.entries({ ROOT: '/srv/a b', OPTIONS: "-f x.conf -c 'Listen 80'" }));

const words = (cause: Parameters<typeof cures>[0], who: AdviceInput): string =>
  cures(cause, who)
    .map(({ say, run }) => [say, ...run].join('\n'))
    .join('\n');

void t.test('fixes for a leak, best first', async (t) => {
  const all = words('semaphore-leak', patient());
  t.match(
    all,
    /^remove the orphaned sets, start it[^]*recover --unit apache2[^]*guard install[^]*PrivateIPC=yes[^]*Mutex pthread[^]*--raise 32000[^]*TimeoutStopSec=300/,
  );
  const guarded = { dropInPaths: ['/etc/systemd/system/apache2.service.d/50-httpd-guard.conf'] };
  const byOthers = words('semaphore-leak', patient({}, { fileState: 'disabled' }));
  t.match(byOthers, /^remove the orphaned sets, then start[^]*guard clean\n[^]*start apache2/);
  t.notMatch(words('semaphore-leak', patient({}, guarded)), 'guard install');
  t.notMatch(words('semaphore-leak', patient({}, { active: 'active' })), 'systemctl start', 'it is up');
  t.match(words('semaphore-leak', patient({}, { stopTimeoutMs: 200_000 })), 'TimeoutStopSec=400');
  t.notMatch(words('semaphore-leak', patient({}, { stopTimeoutMs: Infinity })), 'TimeoutStopSec');
});

void t.test('fixes for demand, with no orphaned set', async (t) => {
  const all = words('semaphore-demand', patient());
  t.match(
    all,
    /^enlarge the table[^]*--raise 32000[^]*start apache2[^]*PrivateIPC=yes[^]*Mutex pthread[^]*httpd-guard limits$/m,
  );
  t.match(
    words('semaphore-demand', patient({ hasFreeSetsAgain: true })),
    /^the table was full and has free sets now\nhttpd-guard recover --unit apache2/,
  );
  const older = words('semaphore-demand', patient({ blockingServers: [{ unit: 'old.service', sets: 12 }] }));
  t.match(older, /^old\.service could use 12 sets[^]*restart old\.service[^]*guard clean[^]*start apache2/);
  t.match(
    words('semaphore-demand', patient({ unsure: 2, ownerUnknown: 'no user' })),
    '2 sets may be orphaned: no user',
  );
  t.notMatch(words('semaphore-demand', patient({}, { active: 'active' })), 'systemctl start', 'it is up');
  t.notMatch(all, /httpd-guard clean\n|TimeoutStopSec|may be orphaned/);
  const kept = words('semaphore-demand', patient({ unsure: 4, silentOrphans: [175, 176] }));
  t.match(kept, /^terminate the workers[^]*\nkill -9 175 176\nhttpd-guard recover --unit apache2\.service\n/);
  t.notMatch(words('semaphore-demand', patient({ silentOrphans: [175] })), 'kill', 'they keep no set');
  t.match(words('semaphore-demand', patient({ unsure: 3 })), /^3 sets may be orphaned[^]*check --explain/);
  const most = known({ sets: { used: 32_768, max: 32_768 }, semaphores: { used: 32_768, max: 1_000_000 } });
  t.notMatch(words('semaphore-demand', patient({ use: most })), '--raise', 'there is no more');
  t.notMatch(words('semaphore-demand', patient({ use: unknown('x') })), '--raise');
});

void t.test('no start is advised while an httpd started outside the unit is running', async (t) => {
  const who = { pid: 812, path: '/usr/sbin/apache2', unit: 'session-3.scope', pidFile: '/run/a.pid' };
  const all = words('started-outside-systemd', patient({ outsider: who }));
  t.match(all, /kill -WINCH 812; [^\n]*--pid=812[^\n]*; systemctl start apache2\.service\n/);
  const served = words('started-outside-systemd', patient({ outsider: { ...who, unit: 'cron.service' } }));
  t.match(served, 'systemctl status 812');
  t.notMatch(served, /start |kill/);
});

void t.test('what is set already, or does not apply, is not advised', async (t) => {
  const apart = words('semaphore-leak', patient({}, { privateIpc: true }));
  t.notMatch(apart, 'PrivateIPC=yes\\n');
  t.notMatch(apart, '--raise');
  t.match(apart, 'permanently: use mutexes that are not System V sets: "Mutex pthread');
  const before248 = words('semaphore-leak', patient({}, { knowsPrivateIpc: false }));
  t.notMatch(before248, 'PrivateIPC');
  t.match(before248, /permanently: use mutexes[^]*--raise/);
});

void t.test('each side effect is named once', async (t) => {
  const [, , cure] = cures('semaphore-leak', patient());
  for (const trap of [/248/, /PHP and CGI/, /unprivileged containers/, /kernel\.sem/, /table of the host/])
    t.equal(cure?.traps.filter((text) => trap.test(text)).length, 1, String(trap));
});

void t.test('commands are valid sh, even for a unit with special characters in its name', async (t) => {
  for (const unit of ['apache2.service', 'apache2@b.service', 'httpd@a\\x2db.service'])
    for (const { run } of cures('semaphore-leak', patient({ unit })))
      for (const line of run) {
        t.equal(spawnSync('sh', ['-n', '-c', line]).status, 0, line);
        if (!line.startsWith('printf')) continue;
        const { stdout } = spawnSync('sh', ['-c', line.replace(/>.*/, '')], { encoding: 'utf8' });
        t.match(stdout, /^\[Service\]\n\w+=\w+\n$/);
        t.ok(
          line.includes(
            unit.includes('\\') ? ` >'/etc/systemd/system/${unit}.d/` : ` >/etc/systemd/system/${unit}.d/`,
          ),
        );
      }
});

void t.test('a killed httpd: start it, and have systemd restart it next time', async (t) => {
  for (const cause of ['killed', 'out-of-memory'] as const)
    t.match(
      words(cause, patient({ result: 'signal' })),
      /^start it again[^]*start apache2[^]*oom-kill[^]*Restart=on-failure/,
    );
  t.match(
    words('killed', patient({ result: 'signal', pids: [7, 8] })),
    /^terminate the workers [^]*kill -9 7 8\n[^]*start apache2/,
  );
  const restarted = words('killed', patient({ result: 'signal' }, { restart: 'on-abort' }));
  t.match(restarted, /^systemd restarts it\n/);
  t.notMatch(restarted, /systemctl start|Restart=on-failure/);
  t.match(
    words('timeout', patient({ result: 'timeout' }, { activeExitMs: Number.MAX_SAFE_INTEGER })),
    /^start it again[^]*start apache2[^]*TimeoutStopSec=300/,
  );
  t.match(
    words('timeout', patient({ result: 'timeout' }, { startTimeoutMs: 60_000 })),
    /^start it again[^]*start apache2[^]*more than 60 s for a start[^]*TimeoutStartSec=120/,
  );
  t.notMatch(
    words('timeout', patient({ result: 'timeout' }, { startTimeoutMs: Infinity })),
    'TimeoutStartSec',
  );
  t.match(
    words('timeout', patient({ result: 'timeout' }, { activeExitMs: Infinity, runtimeMaxMs: 3_600_000 })),
    /^start it again[^]*start apache2[^]*RuntimeMaxSec=infinity/,
  );
  t.notMatch(words('other', patient()), 'killed');
});

void t.test('the first command of every other cause', async (t) => {
  const first = (cause: Parameters<typeof cures>[0], who = patient()): string | undefined =>
    cures(cause, who)[0]?.run[0];
  t.equal(first('disk-full'), 'df -h');
  t.equal(first('inodes-full'), 'df -i');
  t.equal(first('quota-exceeded'), 'repquota -a');
  t.equal(first('shm-full'), 'ls -l /dev/shm');
  t.equal(first('port-held-by-orphans', patient({ pids: [7, 8] })), 'kill -9 7 8');
  t.match(first('port-held-by-orphans'), 'systemctl reset-failed', 'they have exited meanwhile');
  t.equal(first('port-held-by-other'), 'ss -ltnp');
  t.equal(first('set-removed-while-live'), 'systemctl restart apache2.service');
  t.match(first('config-error'), 'apachectl configtest');
  t.equal(first('stopped-by-admin'), 'systemctl start apache2.service');
  t.equal(first('stopped-by-admin', patient({}, { load: 'masked' })), 'systemctl unmask apache2.service');
  t.equal(first('unknown'), 'journalctl -xeu apache2.service');
  t.strictSame(cures('none', patient()), []);
  t.strictSame(cures('started-outside-systemd', patient()), [], 'it has exited meanwhile');
});

void t.test('fixes for a start that systemd refused, a pid file, a port and a configuration', async (t) => {
  t.match(
    words('not-started', patient({ result: 'dependency' })),
    /^the reason in full\nsystemctl status apache2/,
  );
  t.match(
    words('not-started', patient({ brokenNeed: { unit: 'db.service', state: 'masked' } })),
    /db\.service is masked[^]*status db\.service\n[^]*start apache2\.service$/,
  );
  t.match(
    words('not-started', patient({ result: 'exit-code', isStartLimit: true })),
    /^reset the start limit[^]*reset-failed[^]*start apache2/,
  );
  t.match(
    words('stale-pid-file', patient({ pidFile: '/run/a b.pid' })),
    /rm -f '\/run\/a b\.pid'\n[^]*start apache2/,
  );
  t.notMatch(words('stale-pid-file', patient()), 'rm ');
  const awaits = (pidFile: string | null): string =>
    words('timeout', patient({ result: 'timeout', pidFile, awaitsOtherPidFile: true }));
  t.match(awaits('/run/a.pid'), /PIDFile=\/run\/a\.pid[^]*systemctl start apache2\.service$/);
  for (const hostile of [null, '/run/%n', '/run/a b', "/run/'x", '/run/a\\n'])
    t.notMatch(awaits(hostile), 'PIDFile=');
  const owner = { port: 80, pid: 9, startedMs: 1, program: '/usr/sbin/nginx', unit: 'nginx.service' };
  t.match(
    words('port-held-by-other', patient({ portOwners: [owner, { ...owner, port: 443 }] })),
    /systemctl status 9$/,
  );
  t.match(words('port-held-by-other', patient()), 'ss -ltnp');
  const exec = (path: string, ...argv: string[]) =>
    patient({ startCommand: { exec: { path, argv: [path, ...argv] }, environment: ENVIRONMENT } });
  t.match(words('config-error', exec('/usr/sbin/apachectl', 'start')), '/usr/sbin/apachectl configtest\n');
  t.match(
    words('config-error', exec('/opt/httpd', '-f', '/etc/a.conf', '-k', 'start')),
    '/opt/httpd -f /etc/a.conf -t\n',
  );
  t.match(
    words('config-error', exec('/opt/httpd', '-d', '${ROOT}', '$OPTIONS', '-DFOREGROUND')),
    "/opt/httpd -d '/srv/a b' -f x.conf -c 'Listen 80' -t\n",
    'as systemd expands it',
  );
  const wrapper = { path: '/scripts/restart', argv: ['/scripts/restart', '--quiet'] };
  t.notMatch(
    words('config-error', patient({}, { execStart: wrapper })),
    '/scripts/restart',
    'it would start httpd',
  );
  t.match(words('config-error', patient()), 'apachectl configtest\n');
  t.match(
    words('unknown', patient({ facts: unknown('no systemd') })),
    /^what could be seen\nhttpd-guard check/,
  );
});

void t.test('a setting goes into a file that overrides the others', async (t) => {
  const path = (...dropInPaths: string[]): string =>
    words('killed', patient({ result: 'signal' }, { dropInPaths }));
  t.match(path(), 'apache2.service.d/restart.conf');
  t.match(path('/etc/systemd/system/apache2.service.d/override.conf'), 'apache2.service.d/restart.conf');
  t.match(path('/etc/systemd/system/apache2.service.d/zz.conf', '/run/a.conf'), 'd/zz_restart.conf');
  t.match(path('/x/zz.conf', '/x/zz_restart.conf'), 'd/zz_restart.conf', 'written before');
  t.match(path('/x/restart.conf'), 'd/restart.conf');
});

void t.test('a killed httpd whose configuration has an error by now', async (t) => {
  const killed = (over: Partial<AdviceInput>): string =>
    words('killed', patient({ result: 'signal', isConfigBroken: true, ...over }));
  t.match(
    killed({}),
    /^its configuration has an error by now[^]*configtest\nsystemctl reset-failed[^]*start apache2/,
  );
  t.match(killed({ pids: [7, 8] }), /configtest\nkill -9 7 8\nsystemctl/);
  t.notMatch(killed({}), 'start it again:');
});

void t.test('a drop-in of a unit whose others are not known', async (t) => {
  const [, write] = writeDropIn(
    { unit: 'web.service', facts: unknown('no bus') },
    'restart.conf',
    'Restart=always',
  );
  t.equal(write, "printf '[Service]\\nRestart=always\\n' >/etc/systemd/system/web.service.d/restart.conf");
});
