import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import type { Kills, Limits, UnitNeed } from '../../src/core/limits/kills-left.ts';
import { limitsJson, limitsText } from '../../src/view/limits.ts';
import { use } from '../core/diagnosis/failure-builder.ts';
import { NOW_S } from '../core/verdict/snapshot-builder.ts';

const need = (kills: Kills, over: Partial<UnitNeed> = {}): UnitNeed => ({
  ...{ unit: 'apache2.service', active: 'active', mechanism: 'sysvsem', privateIpc: false, guarded: false },
  ...{ registered: 6, held: 3, kills },
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

void t.test('the table, its owners, and what httpd has left', async (t) => {
  t.equal(
    show(),
    `kernel.sem = 250 32000 32 12 (SEMMSL SEMMNS SEMOPM SEMMNI)

sets (SEMMNI)       5 of 12 in use (41 %), 7 free
semaphores (SEMMNS) 5 of 32000 in use (0 %), 31995 free

    sets  semaphores  owner
       3          51  oracle (uid 900) (Oracle Database?)
       2           2  ? (uid 33)

apache2.service: active, mutexes sysvsem, 6 of System V registered, 3 sets in use
  it starts again after 2 kill -9 (after 1, if each start makes all that are registered), and not after one more
`,
  );
  t.equal(
    show({}, { quiet: true }),
    'apache2.service: it starts again after 2 kill -9 (after 1, if each start makes all that are registered), and not after one more\n',
  );
});

void t.test('what could not be read is said', async (t) => {
  const text = show({
    ...{ kernelSem: unknown('x'), use: unknown('x'), owners: unknown('x'), firstNamespace: known(false) },
    units: [need({ leaks: null, why: 'httpd is mute' }, { held: null, registered: null, mechanism: null })],
    missing: ['no \u001b[2Jtable'],
  });
  t.match(text, 'kernel.sem could not be read.');
  t.match(text, 'not the machine’s first');
  t.match(text, 'How full the table is could not be read.');
  t.match(text, 'apache2.service: active, mutexes of a kind httpd does not tell\n');
  t.match(text, 'how many kill -9 it has left could not be told: httpd is mute');
  t.match(text, 'not seen: no \\x1b[2Jtable');
  t.match(limitsJson(limits({ use: unknown('x'), owners: unknown('x'), missing: ['x'] })), {
    ...{ limits: null, owners: null, reasons: ['x'] },
  });
});

void t.test('each kind of answer has its sentence', async (t) => {
  const says = (kills: Kills, over: Partial<UnitNeed> = {}): string =>
    show({ units: [need(kills, over)] }, { quiet: true });
  t.match(
    says({ leaks: true, left: 3, least: 3, startFits: true }),
    ': it starts again after 3 kill -9, and not after one more',
  );
  t.match(
    says({ leaks: true, left: null, least: 3, startFits: true }),
    'it starts again after 3 kill -9; after more, where',
  );
  t.match(says({ leaks: true, left: 0, least: 0, startFits: false }), 'a start fails now');
  t.match(says({ leaks: true, left: null, least: 0, startFits: null }), 'a start may fail now');
  t.match(says({ leaks: false, why: 'so' }), 'none can leak: so');
  t.match(says({ leaks: true, left: 3, least: 3, startFits: true }, { guarded: true }), 'does not add up');
  t.notMatch(says({ leaks: false, why: 'so' }, { guarded: true }), 'does not add up');
});

void t.test('many owners are cut short', async (t) => {
  const owners = known(
    Array.from({ length: 13 }, (_, uid) => ({ uid, user: null, product: null, sets: 1, semaphores: 1 })),
  );
  t.match(show({ owners }), '… and 3 more (--verbose shows all)');
  t.match(show({ owners }, { verbose: true }), '(uid 12)');
});

void t.test('several units, and what they need together', async (t) => {
  const units = [need({ leaks: false, why: 'so' }), need({ leaks: false, why: 'so' }, { unit: 'b.service' })];
  t.match(show({ units, needed: 12 }), 'Together they need 12 sets at most');
  t.notMatch(show({ units, needed: null }), 'Together');
});

void t.test('the JSON is an interface', async (t) => {
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
        ...{ unit: 'apache2.service', active: 'active', mechanism: 'sysvsem' },
        ...{ privateIpc: false, guarded: false, registered: 6, held: 3 },
        ...{ leaks: true, killsLeft: 2, killsLeftAtLeast: 1, startFits: true, why: null },
      },
    ],
    reasons: [],
  });
});
