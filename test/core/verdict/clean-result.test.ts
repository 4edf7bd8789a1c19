import t from 'tap';
import {
  type CleanResult,
  cleanExitCode,
  missingIds,
  outcome,
  toKeep,
  toRemove,
} from '../../../src/core/verdict/clean-result.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import type { Judgement, Verdict } from '../../../src/core/verdict/verdict.ts';
import { set } from './snapshot-builder.ts';

const judged = (id: number, verdict: Verdict): Judgement => ({
  set: set({ id }),
  verdict,
  evidence: [{ rule: 'waiters', saw: 's', source: '/' }],
});
const all = [
  judged(0, 'orphan'),
  judged(1, 'in-use'),
  judged(2, 'unsure'),
  judged(3, 'foreign'),
  judged(4, 'orphan'),
];
const ids = (sets: { id: number }[]): number[] => sets.map(({ id }) => id);

void t.test('only orphans are removed, with and without ids', async (t) => {
  const cases: [number[] | null, number[]][] = [
    [null, [0, 4]],
    [[], []],
    [[0], [0]],
    [[1, 2, 3], []],
    [
      [0, 1, 2, 3, 4, 99],
      [0, 4],
    ],
  ];
  for (const [wanted, removed] of cases)
    t.same(toRemove(all, wanted === null ? null : new Set(wanted)), removed);
});

void t.test('ids that do not exist are reported', async (t) => {
  const kept = toKeep(all, new Set([2]));
  const result = { removed: [0], kept, failed: [{ id: 4, error: 'x' }] };
  t.same(missingIds([0, 2, 4, 99], result), [99]);
});

void t.test("kept sets are reported: httpd's own, or all requested ones", async (t) => {
  t.same(ids(toKeep(all, null)), [1, 2]);
  t.same(ids(toKeep(all, new Set([0, 2, 3]))), [2, 3]);
  t.same(toKeep(all, new Set([3])), [{ id: 3, verdict: 'foreign', evidence: all[3]?.evidence }]);
});

void t.test(
  'a set counts as removed if it is not in the table, even if another process removed it',
  async (t) => {
    const sets = [set({ id: 0 }), set({ id: 4 })];
    const cases: [number[], string[], Pick<CleanResult, 'removed' | 'failed'>][] = [
      [[9], [], { removed: [0, 4], failed: [] }],
      [[], ['EINVAL'], { removed: [0, 4], failed: [] }],
      [[0], ['EPERM', 'more'], { removed: [4], failed: [{ id: 0, error: 'EPERM' }] }],
    ];
    for (const [after, complaints, expected] of cases) {
      const table = known(after.map((id) => set({ id })));
      t.same(outcome([0, 4], table, complaints), expected);
    }
    t.match(outcome([0, 4], known(sets), []), {
      removed: [],
      failed: [{ id: 0, error: /it still exists/ }, { id: 4 }],
    });
  },
);

void t.test('without a table afterwards no set counts as removed', async (t) => {
  t.match(outcome([0], unknown('EACCES'), []), {
    removed: [],
    failed: [{ id: 0, error: /EACCES/ }],
  });
});

void t.test(
  'exit status: failed before unsure, and a requested set that was kept is no success',
  async (t) => {
    const kept = (...verdicts: Verdict[]): CleanResult['kept'] =>
      toKeep(
        verdicts.map((v, i) => judged(i, v)),
        new Set([0, 1]),
      );
    const failed = [{ id: 5, error: 'EPERM' }];
    const cases: [Partial<CleanResult>, boolean, 0 | 1 | 3][] = [
      [{}, false, 0],
      [{ removed: [1] }, false, 0],
      [{ kept: kept('in-use') }, false, 0],
      [{ kept: kept('in-use', 'unsure') }, false, 3],
      [{ kept: kept('unsure'), failed }, false, 1],
      [{ kept: kept('in-use') }, true, 3],
      [{ kept: kept('foreign') }, true, 3],
    ];
    for (const [result, named, code] of cases)
      t.equal(cleanExitCode({ removed: [], kept: [], failed: [], ...result }, named), code);
  },
);
