import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import type { Report } from '../../../src/core/check/report.ts';
import { reportJson } from '../../../src/view/report/report-json.ts';
import { NOW_S, master, set, worker } from '../../core/verdict/snapshot-builder.ts';
import { RUN_OF_B, claim, register } from '../../core/register/builder.ts';
import { healthy, leftover, orphaned, report, sick, unit, unprivileged, unseen } from './report-builder.ts';
import { complaints } from '../schemas/complaints.ts';

// What other programs rely on: `check --json` in the contract.
const SHAPE = {
  '': 'schema takenAt unit httpd limits summary sets segments status reasons',
  unit: 'name load active sub result mainPid privateIpc',
  httpd: 'user uid binary errorLog mutexMechanism pidFile masters orphanedWorkers',
  'httpd.pidFile': 'path pid state',
  'httpd.masters.0': 'pid startedAt',
  'httpd.orphanedWorkers.0': 'pid startedAt',
  limits: 'sets semaphores',
  'limits.sets': 'used max',
  'limits.semaphores': 'used max',
  summary: 'orphan inUse foreign unsure',
  'sets.0': 'id key nsems mode uid cuid ctime lastPid waiters owner verdict evidence',
  'sets.0.evidence.0': 'rule saw source',
  'segments.0': 'id key size uid cuid cpid lpid attached verdict evidence',
};

/** As another program gets it. */
const json = (one: Report): unknown => JSON.parse(JSON.stringify(reportJson(one)));

const at = (object: unknown, path: string): unknown =>
  path
    .split('.')
    .filter((part) => part !== '')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | null | undefined)?.[part], object);

void t.test('the object has exactly the documented keys, in their order', async (t) => {
  const missing = new Set(Object.keys(SHAPE));
  for (const one of [sick(), healthy(), unprivileged(), unseen(), orphaned(), leftover()]) {
    t.strictSame(complaints('check', reportJson(one)), []);
    for (const [path, keys] of Object.entries(SHAPE)) {
      const part = at(json(one), path);
      if (part === null || part === undefined) continue;
      missing.delete(path);
      t.equal(Object.keys(part).join(' '), keys, path);
    }
  }
  t.equal(missing.size, 0, 'every part was there at least once');
});

void t.test('the owner of a set is the run that was seen to use it', async (t) => {
  const one = set();
  const owned = report({
    sets: [one],
    processes: [master(), worker()],
    register: register(claim(one, RUN_OF_B)),
  });
  t.strictSame(complaints('check', reportJson(owned)), []);
  t.match(json(owned), {
    sets: [
      {
        owner: { unit: RUN_OF_B.unit, invocation: RUN_OF_B.invocationId, masterPid: 800, living: true },
      },
    ],
  });
});

void t.test('a healthy host', async (t) => {
  t.same(json(healthy()), {
    schema: 1,
    takenAt: '2026-03-01T12:00:00Z',
    unit: {
      name: 'apache2.service',
      load: 'loaded',
      active: 'active',
      sub: 'running',
      result: 'success',
      mainPid: 800,
      privateIpc: false,
    },
    httpd: {
      user: 'www-data',
      uid: 33,
      binary: '/usr/sbin/apache2',
      errorLog: '/var/log/apache2/error.log',
      mutexMechanism: 'sysvsem',
      pidFile: { path: '/run/apache2.pid', pid: 800, state: 'live' },
      masters: [{ pid: 800, startedAt: '2026-03-01T11:00:01Z' }],
      orphanedWorkers: [],
    },
    limits: { sets: { used: 1, max: 128 }, semaphores: { used: 1, max: 100 } },
    summary: { orphan: 0, inUse: 1, foreign: 0, unsure: 0 },
    sets: [
      {
        id: 0,
        key: 0,
        nsems: 1,
        mode: '0600',
        uid: 33,
        cuid: 0,
        ctime: '2026-03-01T11:00:01Z',
        lastPid: 801,
        waiters: 0,
        owner: null,
        verdict: 'in-use',
        evidence: [{ rule: 'last-pid', saw: 'last used by running process 801', source: 'ipcs -s -i 0' }],
      },
    ],
    segments: [],
    status: 'ok',
    reasons: [],
  });
});

void t.test('what could not be read is null, never a default', async (t) => {
  t.match(json(unseen()), {
    unit: null,
    httpd: { user: null, uid: null, binary: null, errorLog: null, mutexMechanism: null, pidFile: null },
    limits: null,
    summary: null,
    sets: null,
    status: 'unknown',
    reasons: ['/proc/sysvipc/sem cannot be read: EACCES', 'systemd cannot be asked', 'no httpd found'],
  });
  t.match(
    json(unprivileged()),
    { httpd: { masters: null, orphanedWorkers: null } },
    'who cannot see, knows none',
  );
  t.match(json(sick()), { httpd: { masters: [], orphanedWorkers: [] } });
  t.match(json(sick()), { sets: [{ lastPid: null, waiters: null }] }, 'the kernel was not asked');
  t.match(json(report({ inspections: { 7: { lastPid: 0 } } })), { sets: [{ lastPid: 0, waiters: 0 }] });
});

void t.test('every set has an entry, including foreign ones', async (t) => {
  t.match(json(sick()), { summary: { orphan: 10, inUse: 0, foreign: 1, unsure: 0 }, status: 'critical' });
  const { sets } = json(sick()) as { sets: unknown[] };
  t.equal(sets.length, 11);
  t.match(sets[10], {
    id: 327_681,
    key: -2_147_483_647,
    mode: '0600',
    nsems: 17,
    uid: 26,
    verdict: 'foreign',
  });
});

void t.test('modes are printed in octal', async (t) => {
  const mode = (bits: number): unknown => at(json(report({ sets: [set({ mode: bits })] })), 'sets.0.mode');
  t.equal(mode(0), '0000');
  t.equal(mode(0o7), '0007');
  t.equal(mode(0o666), '0666');
});

void t.test('orphaned workers are listed one by one, masters without their workers', async (t) => {
  t.match(at(json(orphaned()), 'httpd'), { masters: [], orphanedWorkers: [{ pid: 701 }, { pid: 702 }] });
  t.same(at(json(healthy()), 'httpd.masters'), [{ pid: 800, startedAt: '2026-03-01T11:00:01Z' }]);
});

void t.test(
  'the binary is the one that runs as main pid, else any that runs, else what the unit starts',
  async (t) => {
    const other = master({ pid: 900, exe: known({ path: '/opt/httpd', deleted: true }) });
    const processes = [other, master(), worker()];
    const binary = (one: Report): unknown => at(json(one), 'httpd.binary');
    t.equal(binary(report({ processes })), '/usr/sbin/apache2');
    t.equal(binary(report({ processes }, { unit: known(unit({ mainPid: 900 })) })), '/opt/httpd');
    t.equal(binary(report({ processes }, { unit: unknown('no systemd') })), '/opt/httpd');
    const started = (path: string): Report =>
      report({}, { unit: known(unit({ execStart: { path, argv: [path, '-DFOREGROUND'] } })) });
    t.equal(binary(started('/opt/sbin/httpd')), '/opt/sbin/httpd');
    t.equal(binary(started('/usr/sbin/apachectl')), null, 'a start script is not the binary');
    t.equal(binary(report({}, { unit: known(unit({ execStart: null })) })), null);
  },
);

void t.test('times are whole seconds in UTC', async (t) => {
  const clock = { realMs: NOW_S * 1000 + 499, monotonicMs: 0, bootMs: 0 };
  t.equal(at(json(report({ clock })), 'takenAt'), '2026-03-01T12:00:00Z');
});

void t.test(
  'orphaned shared memory changes no other field; it is null if it could not be read',
  async (t) => {
    const strip = (one: Report): unknown => ({ ...(json(one) as object), segments: 0 });
    t.strictSame(strip(leftover()), strip(report({})));
    t.match(json(leftover()), { segments: [{ id: 3, key: 0x63637069, size: 4096, verdict: 'orphan' }] });
    t.match(json(report({})), { segments: [] });
    t.match(json(report({}, { segmentsUnread: 'no table' })), { segments: null });
  },
);
