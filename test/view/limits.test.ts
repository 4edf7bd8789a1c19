import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import type { Kills, Limits, UnitNeed } from '../../src/core/limits/kills-left.ts';
import { limitsJson, limitsText } from '../../src/view/limits.ts';
import type { TableUse } from '../../src/core/verdict/table-use.ts';
import { use } from '../core/diagnosis/failure-builder.ts';
import { NOW_S } from '../core/verdict/snapshot-builder.ts';
import { complaints } from './schemas/complaints.ts';

const need = (kills: Kills, over: Partial<UnitNeed> = {}): UnitNeed => ({
  unit: 'apache2.service',
  active: 'active',
  mechanism: 'sysvsem',
  privateIpc: false,
  guarded: false,
  registered: 6,
  held: 3,
  kills,
  ...over,
});

const limits = (over: Partial<Limits> = {}): Limits => ({
  takenMs: NOW_S * 1000 + 7,
  kernelSem: known({ semmsl: 250, semmns: 32_000, semopm: 32, semmni: 12 }),
  use: known(use(5)),
  owners: known([
    { uid: 900, user: 'oracle', product: 'Oracle Database', sets: 3, semaphores: 51 },
    { uid: 33, user: null, product: null, sets: 2, semaphores: 2 },
  ]),
  firstNamespace: known(true),
  units: [need({ leaks: true, left: 2, least: 1, startFits: true })],
  needed: 6,
  missing: [],
  ...over,
});

const show = (
  over: Partial<Limits> = {},
  style: Partial<{ quiet: boolean; verbose: boolean }> = {},
): string => limitsText(limits(over), { quiet: false, verbose: false, ...style });

void t.test('limits prints the table, its owners and how many kill -9 httpd survives', async (t) => {
  t.equal(
    show(),
    `kernel.sem = 250 32000 32 12 (SEMMSL SEMMNS SEMOPM SEMMNI)

sets (SEMMNI)       5 of 12 in use (41 %), 7 free
semaphores (SEMMNS) 5 of 32000 in use (0 %), 31995 free

    sets  semaphores  owner
       3          51  oracle (uid 900) (Oracle Database?)
       2           2  ? (uid 33)

apache2.service: active, mutex mechanism sysvsem, 6 System V mutexes registered, 3 sets in use
  survives at least 1 more kill -9
`,
  );
  t.equal(show({}, { quiet: true }), 'apache2.service: survives at least 1 more kill -9\n');
});

void t.test('what could not be read is named', async (t) => {
  const text = show({
    kernelSem: unknown('x'),
    use: unknown('x'),
    owners: unknown('x'),
    firstNamespace: known(false),
    units: [need({ leaks: null, why: 'httpd is mute' }, { held: null, registered: null, mechanism: null })],
    missing: ['no \u001b[2Jtable'],
  });
  t.match(text, 'kernel.sem could not be read.');
  t.match(text, "These limits are this container's, not the host's.");
  t.match(text, 'The use of the semaphore table could not be read.');
  t.match(text, 'apache2.service: active, mutex mechanism unknown (httpd does not report it)\n');
  t.match(text, 'how many kill -9 it survives is unknown: httpd is mute');
  t.match(text, 'could not be read: no \\x1b[2Jtable');
  t.match(limitsJson(limits({ use: unknown('x'), owners: unknown('x'), missing: ['x'] })), {
    limits: null,
    owners: null,
    reasons: ['x'],
  });
});

void t.test('each result has its own sentence', async (t) => {
  const says = (kills: Kills, over: Partial<UnitNeed> = {}): string =>
    show({ units: [need(kills, over)] }, { quiet: true });
  t.match(says({ leaks: true, left: 3, least: 3, startFits: true }), ': survives 3 more kill -9\n');
  t.match(says({ leaks: true, left: null, least: 3, startFits: true }), 'survives at least 3 more kill -9\n');
  const fails = (table: TableUse): string =>
    show({ use: known(table), units: [need({ leaks: true, left: 0, least: 0, startFits: false })] });
  t.match(fails(use(12)), 'the next start fails: no set is free');
  t.match(fails(use(5)), 'the next start fails: fewer sets are free than its proxy balancers need');
  t.match(says({ leaks: true, left: null, least: 0, startFits: null }), 'the next start may fail');
  t.match(
    fails({ sets: { used: 1, max: 128 }, semaphores: { used: 250, max: 250 } }),
    'the next start fails: no semaphore is free',
    'SEMMNS is reached before SEMMNI',
  );
  t.match(says({ leaks: false, why: 'so' }), 'does not leak: so');
  t.match(
    says({ leaks: true, left: 3, least: 3, startFits: true }, { guarded: true }),
    '; guarded: orphaned sets are',
  );
  t.notMatch(says({ leaks: false, why: 'so' }, { guarded: true }), 'guarded');
});

void t.test('a long list of owners is truncated', async (t) => {
  const owners = known(
    Array.from({ length: 13 }, (_, uid) => ({ uid, user: null, product: null, sets: 1, semaphores: 1 })),
  );
  t.match(show({ owners }), '... and 3 more (--verbose shows all)');
  t.match(show({ owners }, { verbose: true }), '(uid 12)');
});

void t.test('the need of several units is added up', async (t) => {
  const units = [need({ leaks: false, why: 'so' }), need({ leaks: false, why: 'so' }, { unit: 'b.service' })];
  t.match(show({ units, needed: 12 }), 'Together they need at most 12 sets');
  t.notMatch(show({ units, needed: null }), 'Together');
});

void t.test('the JSON object has the documented fields', async (t) => {
  const unread = limits({
    ...{ kernelSem: unknown('x'), use: unknown('x'), owners: unknown('x'), firstNamespace: unknown('x') },
    units: [need({ leaks: null, why: 'x' }, { held: null, registered: null, mechanism: null })],
    needed: null,
  });
  for (const one of [limits(), unread]) t.strictSame(complaints('limits', limitsJson(one)), []);
  t.strictSame(limitsJson(limits()), {
    schema: 1,
    takenAt: '2026-03-01T12:00:00Z',
    kernelSem: { semmsl: 250, semmns: 32_000, semopm: 32, semmni: 12 },
    firstNamespace: true,
    limits: { sets: { used: 5, max: 12 }, semaphores: { used: 5, max: 32_000 } },
    owners: [
      { uid: 900, user: 'oracle', product: 'Oracle Database', sets: 3, semaphores: 51 },
      { uid: 33, user: null, product: null, sets: 2, semaphores: 2 },
    ],
    needed: 6,
    units: [
      {
        unit: 'apache2.service',
        active: 'active',
        mechanism: 'sysvsem',
        privateIpc: false,
        guarded: false,
        registered: 6,
        held: 3,
        leaks: true,
        killsLeft: 2,
        killsLeftAtLeast: 1,
        startFits: true,
        why: null,
      },
    ],
    reasons: [],
  });
});
