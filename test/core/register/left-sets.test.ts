import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { setsLeftBy } from '../../../src/core/register/left-sets.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import {
  NOW_S,
  type Scene,
  master,
  orphanedWorker,
  run,
  set,
  snapshot,
  worker,
} from '../verdict/snapshot-builder.ts';
import { A, A_AGO_S, RUN_OF_A, RUN_OF_B, claim, listed, register } from './builder.ts';

const ONE = set({ id: 3, ctime: NOW_S - A_AGO_S + 1 });
const TWO = set({ id: 4, ctime: ONE.ctime });
/** The server of B is running; that of A has ended. */
const scene = (over: Partial<Scene> = {}): Scene => ({
  sets: [ONE, TWO],
  processes: [master(), worker()],
  register: register(claim(ONE, RUN_OF_A), claim(TWO, RUN_OF_A)),
  ...over,
});
const left = (over: Partial<Scene> = {}, invocationId = RUN_OF_A.invocationId): number => {
  const looked = snapshot(scene(over));
  return setsLeftBy({ name: A, invocationId }, looked.register, looked, lineages(looked));
};

void t.test('the sets that only a run was seen to use are left when it has ended', async (t) => {
  t.equal(left(), 2);
  t.equal(left({ sets: [ONE, TWO, set({ id: 9 })] }), 2, 'whatever else is in the table');
  t.equal(left({ register: register(claim(ONE, RUN_OF_A), claim(TWO, RUN_OF_B)) }), 1);
});

void t.test('sets of another run, of no run, or that a process may use prove nothing', async (t) => {
  t.equal(
    left({ register: register() }),
    0,
    'a set that no look saw in use, as another httpd can have made it',
  );
  t.equal(left({ register: register(listed(ONE, 7)) }), 0);
  t.equal(left({}, 'another run'), 0);
  t.equal(left({}, ''), 0);
  t.equal(left({ register: register(claim(ONE, RUN_OF_A, { contested: true })) }), 0);
  t.equal(left({ sets: [ONE, { ...TWO, ctime: TWO.ctime + 1 }] }), 0, 'another set with its id');
  const survivor = orphanedWorker({ unit: known(A) });
  t.equal(
    left({ processes: [survivor], unitRuns: { [A]: run(A_AGO_S) } }),
    0,
    'a worker outlived the master',
  );
  t.equal(left({ visibility: unknown('hidepid') }), 0);
});

void t.test('a run that removed one of its sets was not killed', async (t) => {
  t.equal(left({ sets: [ONE] }), 0);
});
