import t from 'tap';
import { complaints } from '../view/schemas/complaints.ts';
import type { SCHEMAS } from '../../src/view/schemas/schemas.ts';
import { Apache, letSetsAge } from './apache.ts';
import { Guard, failForSets } from './guard.ts';
import { Lab } from './lab.ts';

type Name = keyof typeof SCHEMAS;
type Seen = Record<string, unknown>;

const AS_NOBODY = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'];
/** A namespace in which neither the kernel's tables nor systemd can be read. */
const BLIND = [
  ...['unshare', '-m', 'sh', '-c'],
  'mount -t tmpfs none /proc/sysvipc; mount -t tmpfs none /run/dbus; mount -t tmpfs none /run/systemd; exec "$@"',
  'sh',
];

/** Command lines that change nothing. */
const LOOKS: Record<Name, string> = {
  check: 'check',
  clean: 'clean --dry-run',
  config: 'config',
  diagnose: 'diagnose',
  history: 'history',
  install: 'install --dry-run',
  limits: 'limits',
  'limits-raise': 'limits --raise 32000 --dry-run',
  recover: 'recover --dry-run',
  status: 'status',
  uninstall: 'uninstall --dry-run',
};
const ALL = Object.keys(LOOKS) as Name[];

void t.test('the output of each command is valid by its JSON Schema', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();

  /** Runs a command with --json, checks what it prints, and returns that with the exit status. */
  const json = async (name: Name, line: string, ...before: string[]): Promise<Seen> => {
    const words = ['httpd-guard', ...line.split(' '), '--json'];
    const [file = '', ...args] = [...before, ...words];
    const { exitCode, stdout, stderr } = await lab.run(file, ...args);
    t.match(stdout, /^\{\n {2}"schema": 1,\n/, `${line}: ${stderr}`);
    const object = JSON.parse(stdout === '' ? '{}' : stdout) as Seen;
    t.strictSame(complaints(name, object), [], line);
    return { exitCode, stderr, ...object };
  };
  const looks = async (names: readonly Name[], ...before: string[]): Promise<Partial<Record<Name, Seen>>> => {
    const seen: Partial<Record<Name, Seen>> = {};
    for (const name of names) seen[name] = await json(name, LOOKS[name], ...before);
    return seen;
  };
  const list = (): Promise<string> => lab.sh('ls -R /etc/systemd/system /etc/sysctl.d');

  await t.test('the schemas are part of what is installed', async (t) => {
    t.match(
      await lab.sh('cat /usr/share/httpd-guard/schema/check.json'),
      '"title": "httpd-guard check --json"',
    );
  });

  await t.test('before it is installed', async (t) => {
    await apache.start();
    const before = await list();
    const { install, status, uninstall } = await looks(ALL);
    t.match(status, { exitCode: 3, state: 'not-installed', notGuarded: ['apache2.service'] });
    t.match(install, { exitCode: 0, dryRun: true, did: [{ action: 'would-write' }] });
    t.match(uninstall, { exitCode: 0, units: [], did: [], notes: ['no unit is guarded'] });
    t.equal(await list(), before, 'nothing was written');
  });

  await t.test('a healthy server', async (t) => {
    t.match(await json('install', 'install'), { did: [{ action: 'wrote' }], notes: [/never starts/] });
    t.strictSame((await json('install', 'install'))['did'], [], 'in place already');
    const guard = await Guard.install(lab, apache);
    await guard.rests();
    const { check, diagnose, recover, limits, clean, status, uninstall } = await looks(ALL);
    t.match(status, { exitCode: 0, state: 'working', problems: [], units: [{ ports: [80, 81] }] });
    t.match(check, { exitCode: 0, status: 'ok', unit: { active: 'active' }, sets: [{ verdict: 'in-use' }] });
    t.match(diagnose, { exitCode: 1, cause: 'none', cures: [] });
    t.match(recover, { exitCode: 0, outcome: 'healthy', steps: [], plan: [] });
    t.match(limits, { exitCode: 0, units: [{ unit: 'apache2.service', leaks: true, why: null }] });
    t.match(clean, { exitCode: 0, dryRun: true, removed: [], failed: [], stderr: '' });
    t.match(uninstall, { exitCode: 0, did: [{ action: 'would-remove' }] });
    t.match(await json('clean', 'clean --shm-key 1'), { objects: 'shared-memory-segments', removed: [] });
  });

  await t.test('another user: what it cannot see is named, and nothing needs root to look', async (t) => {
    const before = await list();
    // The journal is closed to it.
    const names = ALL.filter((name) => name !== 'history');
    const seen = await looks(names, ...AS_NOBODY);
    const { check, clean, recover, install, status, uninstall, 'limits-raise': raise } = seen;
    t.match(status, { exitCode: 0, state: 'working', units: [{ ports: null, last: null }] });
    t.match(check, { exitCode: 0, summary: { inUse: 0, unsure: Number } });
    t.match((check?.['reasons'] as string[]).join(), 'CAP_SYS_PTRACE');
    t.match(clean, { exitCode: 3, kept: [{ verdict: 'unsure' }], stderr: /without root/ });
    t.match(recover, { exitCode: 0, outcome: 'healthy', stderr: /without root/ });
    t.match(install, { exitCode: 0, did: [] });
    t.match(uninstall, { exitCode: 0, did: [{ action: 'would-remove' }] });
    t.match(raise, { exitCode: 0, dryRun: true, applies: true });
    t.equal(await list(), before, 'nothing was written');
    for (const line of ['clean', 'recover', 'install', 'uninstall', 'limits --raise 32000'])
      t.match(await lab.run(AS_NOBODY[0] ?? '', ...AS_NOBODY.slice(1), 'httpd-guard', ...line.split(' ')), {
        exitCode: 77,
        stdout: '',
        stderr: /^httpd-guard: [^\n]+ needs root; [^\n]+\n?$/,
      });
  });

  await t.test('neither the table nor systemd can be read', async (t) => {
    const check = await json('check', 'check', ...BLIND);
    t.match(check, { exitCode: 3, status: 'unknown', unit: null, limits: null, sets: null, segments: null });
    t.match(await json('diagnose', 'diagnose', ...BLIND), { exitCode: 3, cause: 'unknown' });
    t.match(await json('recover', 'recover --dry-run', ...BLIND), { exitCode: 3, outcome: 'unsure' });
    t.match(await json('limits', 'limits', ...BLIND), { exitCode: 0, limits: null, owners: null });
    await json('config', 'config', ...BLIND);
    const status = await json('status', 'status', ...BLIND);
    t.match(status, { exitCode: 1, state: 'degraded', units: [{ active: null, hooks: null }] });
  });

  await t.test('a server that failed for sets', async (t) => {
    await lab.sh('systemctl stop httpd-guard-watch');
    await failForSets(apache);
    await letSetsAge(lab);
    const { check, diagnose, recover, clean } = await looks(ALL);
    t.match(check, { exitCode: 2, status: 'critical', sets: [{ verdict: 'orphan' }] });
    t.match(diagnose, { exitCode: 0, cause: 'semaphore-leak', holders: [{ user: 'www-data' }] });
    t.match(recover, { exitCode: 0, outcome: 'planned', plan: [{ do: 'clean' }] });
    t.match(clean, { exitCode: 0, dryRun: true, removed: [Number] });
    t.match(await json('recover', 'recover'), {
      exitCode: 0,
      outcome: 'recovered',
      steps: [{ do: 'clean' }],
    });
    t.match(await json('clean', 'clean'), { exitCode: 0, objects: 'semaphore-sets' });
    const { entries } = await json('history', 'history');
    const did = (entries as { did: string }[]).map((entry) => entry.did);
    t.ok(did.includes('cleared') && did.includes('recovered'), did.join());
    t.match(await json('uninstall', 'uninstall'), { exitCode: 0, did: [{ action: 'removed' }] });
    t.match(await json('uninstall', 'uninstall'), { exitCode: 0, did: [], notes: ['no unit is guarded'] });
  });
});
