import t from 'tap';
import { NO_REGISTER, type Register } from '../../../src/core/register/register.ts';
import { MOST_SETS, parseRegister, registerText } from '../../../src/core/register/register-text.ts';
import { set } from '../verdict/snapshot-builder.ts';
import { RUN_OF_A, RUN_OF_B, claim, listed, register } from './builder.ts';

const PLACE = { bootId: 'boot', ipcNamespace: 'ipc:[1]' };
const NOW_MS = 1e9;
const FULL: Register = {
  ...register(
    claim(set({ id: 0 }), RUN_OF_A),
    claim(set({ id: 1, uid: 1001 }), RUN_OF_B, { contested: true }),
    claim(set({ id: 2 }), RUN_OF_A),
    listed(set({ id: 3, uid: 1002 }), 7),
  ),
  lookedMs: 5_000.5,
  forks: 900,
  losses: [{ run: RUN_OF_B, ids: [8, 9], sinceMs: 7, isSure: true, isReported: false }],
  most: new Map([
    ['apache2.service', 5],
    ['b.service', 0],
  ]),
};
const TEXT = registerText(FULL, PLACE);

void t.test('what is written is read again', async (t) => {
  t.strictSame(parseRegister(TEXT, PLACE, NOW_MS), FULL);
  t.strictSame(parseRegister(registerText(NO_REGISTER, PLACE), PLACE, NOW_MS), NO_REGISTER);
  const unknown = { ...FULL, forks: null };
  t.strictSame(parseRegister(registerText(unknown, PLACE), PLACE, NOW_MS), unknown);
  t.match(TEXT, /^httpd-guard register 1\nuids 33 1001\njson /, 'uids for the gate, of sets that httpd used');
  t.equal(TEXT.split('"unit"').length - 1, 3, 'each run stands once for all of its sets');
});

void t.test('every part of it: whatever was cut off or changed, it is as if it were not there', async (t) => {
  for (let length = 0; length < TEXT.length; length++)
    if (parseRegister(TEXT.slice(0, length), PLACE, NOW_MS) !== null) t.fail(`cut at ${length}`);
  t.equal(parseRegister(TEXT, { ...PLACE, bootId: 'other' }, NOW_MS), null, 'another boot');
  t.equal(parseRegister(TEXT, { ...PLACE, ipcNamespace: 'ipc:[2]' }, NOW_MS), null, 'another namespace');
  t.equal(parseRegister(TEXT, PLACE, 5_000), null, 'from the future: a machine was restored');
  const RUN = RUN_OF_A;
  const bad: [string, string][] = [
    ['another version', TEXT.replace('register 1', 'register 2')],
    ['two in one', TEXT + TEXT],
    ['no JSON', TEXT.replace('json {', 'json {{')],
    ['another count of forks', TEXT.replace('"forks":900', '"forks":-1')],
    ['another time', TEXT.replace('"lookedMs":5000.5', '"lookedMs":"now"')],
    ['losses of another type', TEXT.replace('"isSure":true', '"isSure":1')],
    ['losses that are none', TEXT.replace(/"losses":.*\]/, '"losses":[7]')],
    ['numbers of sets of another type', TEXT.replace('"b.service",0', '"b.service","0"')],
    ['of no unit', TEXT.replace('"b.service",0', '"",0')],
    ['of two in one', TEXT.replace('"b.service",0', '"b.service",0,0')],
    ['none', TEXT.replace('"most"', '"least"')],
    ['no losses', TEXT.replace('"losses"', '"gains"')],
    ['another type', TEXT.replace(/json .*/, 'json {"a":[]}')],
    ...(
      [
        [
          'a set twice',
          [
            [0, 1, 33, 9, 1, 0],
            [0, 1, 33, 9, 1, 0],
          ],
          [RUN],
        ],
        ['a run that is not there', [[0, 1, 33, 9, 2, 0]], [RUN]],
        ['another length', [[0, 1, 33, 9, 1]], [RUN]],
        ['no row', [7], [RUN]],
        ['a negative id', [[-1, 1, 33, 9, 1, 0]], [RUN]],
        ['a fraction', [[0.5, 1, 33, 9, 1, 0]], [RUN]],
        ['text', [['0', 1, 33, 9, 1, 0]], [RUN]],
        ['contested twice', [[0, 1, 33, 9, 1, 2]], [RUN]],
        ['a run of null', [], [null]],
        ['a run without a unit', [], [{ ...RUN, unit: '' }]],
        ['a unit of 300 letters', [], [{ ...RUN, unit: 'x'.repeat(300) }]],
        ['a unit that is no text', [], [{ ...RUN, unit: 7 }]],
        ['an invocation that is none', [], [{ ...RUN, invocationId: '' }]],
        ['an invocation that is no text', [], [{ ...RUN, invocationId: 7 }]],
        ['a pid of 0', [], [{ ...RUN, masterPid: 0 }]],
        ['a pid that is no number', [], [{ ...RUN, masterPid: null }]],
        ['a negative start', [], [{ ...RUN, masterStartedMs: -1 }]],
        ['a start that is no number', [], [{ ...RUN, beganRealMs: 'x' }]],
        ['a master from the future', [[0, 1, 33, 9, 1, 0]], [{ ...RUN, masterStartedMs: NOW_MS + 1 }]],
        ['no list of sets', 7, [RUN]],
        ['no list of runs', [], {}],
        ['too many sets', Array.from({ length: MOST_SETS + 1 }, (_, id) => [id, 1, 33, 9, 1, 0]), [RUN]],
      ] as const
    ).map(([what, sets, runs]): [string, string] => [
      what,
      `httpd-guard register 1\nuids 33\njson ${JSON.stringify({ ...PLACE, lookedMs: 1, forks: 1, runs, sets, losses: [], most: [] })}\nend\n`,
    ]),
  ];
  for (const [what, text] of bad) t.equal(parseRegister(text, PLACE, NOW_MS), null, what);
});

void t.test('a full table is written and read within a moment', async (t) => {
  const full = register(...Array.from({ length: 32_000 }, (_, id) => claim(set({ id }), RUN_OF_A)));
  const began = performance.now();
  const text = registerText(full, PLACE);
  t.equal(parseRegister(text, PLACE, NOW_MS)?.seen.size, 32_000);
  t.ok(performance.now() - began < 1_000);
  t.ok(text.length < 2_000_000);
});
