import t from 'tap';
import {
  type KernelSem,
  asRequested,
  atLeast,
  isAtLeast,
  kernelSemText,
  mostSets,
  parseKernelSem,
  raised,
  setsToAdvise,
} from '../../../src/core/limits/kernel-sem.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import { Random } from '../verdict/random.ts';

const sem = (over: Partial<KernelSem> = {}): KernelSem => ({
  semmsl: 250,
  semmns: 32_000,
  semopm: 32,
  semmni: 128,
  ...over,
});

void t.test('kernel.sem is four numbers, anything else is rejected', async (t) => {
  t.strictSame(parseKernelSem('250\t32000\t32\t128\n'), sem());
  t.equal(kernelSemText(sem()), '250 32000 32 128');
  for (const text of ['', '250 32000 32', '250 32000 32 128 1', '250 32000 32 x', '-1 2 3 4'])
    t.equal(parseKernelSem(text), null, text);
});

void t.test('the largest SEMMNI depends on ipcmni_extend on the kernel command line', async (t) => {
  t.equal(mostSets('root=/dev/sda1 quiet'), 32_768);
  t.equal(mostSets('root=/dev/sda1 ipcmni_extend\n'), 16_777_216);
  t.equal(mostSets('ipcmni_extend=1 quiet'), 16_777_216);
  t.equal(mostSets('noipcmni_extend ipcmni_extended'), 32_768);
});

void t.test(
  'SEMMNI becomes the requested value, SEMMNS does not limit it, and no number gets lower',
  async (t) => {
    t.strictSame(raised(sem(), 200, 32_768), { known: true, value: sem({ semmns: 50_000, semmni: 200 }) });
    t.match(raised(sem({ semmns: 64_000 }), 200, 32_768), { value: { semmns: 64_000 } });
    t.match(raised(sem({ semmsl: 32_000 }), 16_777_216, 16_777_216), { value: { semmns: 2_147_483_647 } });
    t.match(raised(sem(), 128, 32_768), { value: { semmns: 32_000, semmni: 128 } }, 'again is no lowering');
    const random = new Random(7);
    for (let i = 0; i < 500; i++) {
      const now = sem({
        semmsl: random.from(1, 40_000),
        semmns: random.from(1, 2e9),
        semopm: random.from(1, 1000),
        semmni: random.from(1, 32_768),
      });
      const sets = random.from(1, 40_000);
      const answer = raised(now, sets, 32_768);
      t.equal(answer.known, sets >= now.semmni && sets <= 32_768);
      if (answer.known) t.ok(isAtLeast(answer.value, now) && answer.value.semmni === sets);
    }
  },
);

void t.test('a refusal names the allowed range', async (t) => {
  t.match(raised(sem(), 127, 32_768), { known: false, why: /not lowered to 127; allowed: 128 to 32768/ });
  t.match(raised(sem(), 32_769, 32_768), {
    known: false,
    why: /is 32768 .*ipcmni_extend.*allowed: 128 to 32768/,
  });
  t.match(raised(sem(), 16_777_217, 16_777_216), { known: false, why: /is 16777216;/ });
});

void t.test('the advised SEMMNI', async (t) => {
  const use = (max: number, semaphores = { used: 0, max: 1_000_000 }) => ({
    sets: { used: 0, max },
    semaphores,
  });
  t.equal(setsToAdvise(use(128)), 32_000);
  t.equal(setsToAdvise(use(32_000)), 32_768);
  t.equal(setsToAdvise(use(32_768)), null);
  t.equal(setsToAdvise(use(32_768, { used: 99, max: 100 })), 32_768, 'to lift SEMMNS');
});

void t.test('a value that the kernel did not accept is a failure', async (t) => {
  t.match(asRequested(known(sem()), sem()), { known: true });
  t.match(asRequested(known(sem({ semopm: 500 })), sem()), { known: true });
  for (const less of [{ semmni: 127 }, { semmns: 1 }, { semopm: 1 }, { semmsl: 1 }])
    t.match(asRequested(known(sem(less)), sem()), {
      known: false,
      why: /after writing 250 32000 32 128/,
    });
  t.match(asRequested(unknown('gone'), sem()), { known: false, why: 'gone' });
});

void t.test('of two requests the larger of each number', async (t) => {
  t.strictSame(atLeast(sem({ semmni: 1_000, semopm: 5 }), sem()), sem({ semmni: 1_000 }));
  t.strictSame(atLeast(sem(), sem({ semmsl: 500 })), sem({ semmsl: 500 }));
  t.strictSame(atLeast(sem(), null), sem());
});
