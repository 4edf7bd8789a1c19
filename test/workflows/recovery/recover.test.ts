import t from 'tap';
import type { FailureFacts } from '../../../src/core/diagnosis/failure-facts.ts';
import type { RunEnding } from '../../../src/core/diagnosis/run-ending.ts';
import { type Done, type DoneWith, done, doneWith, notDone } from '../../../src/core/done.ts';
import { type Fact, known, unknown } from '../../../src/core/fact.ts';
import { type Attempts, NO_ATTEMPTS } from '../../../src/core/recovery/attempts.ts';
import type { Recovery, RecoveryPolicy } from '../../../src/core/recovery/decide-recovery.ts';
import type { UnitFacts } from '../../../src/core/units/unit-facts.ts';
import type { Configured } from '../../../src/host/config/configuration.ts';
import { recover } from '../../../src/workflows/recovery/recover.ts';
import type { RecoveryDoors } from '../../../src/workflows/recovery/recovery-doors.ts';
import { failedUnit, failure, leak, use } from '../../core/diagnosis/failure-builder.ts';
import { FakeClock } from '../../fake-clock.ts';

const UNIT = failedUnit().name;
/** The doors of this test read no configuration. */
const CHOICE = {
  unit: UNIT,
  configured: { values: {}, origins: {}, units: new Map() } as unknown as Configured,
};
const UP = { active: 'active', sub: 'running', result: 'success', job: null } as const;

interface Asked {
  automatic?: boolean;
  dryRun?: boolean;
  policy?: Partial<RecoveryPolicy>;
}

/** A machine of one unit, which a recovery sees and acts on; a start is done at once and holds, unless the test says otherwise. */
class World {
  readonly clock = new FakeClock();
  unit: UnitFacts = failedUnit();
  facts: FailureFacts = leak();
  attempts: Fact<Attempts> = known(NO_ATTEMPTS);
  readonly endings: RunEnding[] = [];
  readonly did: string[] = [];
  onStart: () => Done<'refused'> = () => {
    this.becomes({ ...UP, invocationId: 'started' });
    return done;
  };
  /** What each next removal finds; the last one stays. */
  doubts: DoneWith<{ doubt: boolean }, 'not-removed'>[] = [doneWith({ doubt: false })];
  terminated: Done<'not-ended'> = done;
  health: Done<'unhealthy'> = done;
  answers = true;
  /** Ends when the turn of the recovery before ends. */
  private turn: Promise<void> = Promise.resolve();

  becomes(over: Partial<UnitFacts>): void {
    this.unit = { ...this.unit, ...over };
  }

  in(ms: number, over: Partial<UnitFacts>): void {
    this.clock.after(ms, () => {
      this.becomes(over);
    });
  }

  private act(name: string): void {
    this.did.push(`${name} at ${this.clock.steadyMs() / 1000}`);
  }

  readonly doors: RecoveryDoors = {
    clock: this.clock,
    takeTurn: async () => {
      const before = this.turn;
      let end = (): void => undefined;
      this.turn = new Promise((resolve) => (end = resolve));
      await before;
      return end;
    },
    findServer: async () => ({
      unit: known(this.unit),
      settings: unknown('not asked'),
      owner: unknown('not asked'),
      configComplaint: unknown('not asked'),
      otherUnits: [],
      errorLog: null,
      problems: [],
      missing: [],
    }),
    waitForUnit: async (_, mostMs, isEnough) => {
      const endMs = this.clock.steadyMs() + mostMs;
      for (;;) {
        if (isEnough(this.unit)) return known(this.unit);
        if (this.clock.steadyMs() > endMs) return unknown(`still ${this.unit.active}`);
        await this.clock.pause(100);
      }
    },
    beginTrial: () => null,
    failureFacts: async ({ unit }) => ({ ...this.facts, unit }),
    readAttempts: () => this.attempts,
    keepAttempts: (_, attempts) => {
      this.attempts = known(attempts);
    },
    keepEnding: (_, ending) => void this.endings.push(ending),
    terminate: async () => {
      this.act('terminate');
      return this.terminated;
    },
    restart: async () => {
      this.act('restart');
      return this.onStart();
    },
    removeOrphans: async () => {
      this.act('clean');
      const [next = doneWith({ doubt: false }), ...rest] = this.doubts;
      if (rest.length > 0) this.doubts = rest;
      return next;
    },
    resetFailed: async () => {
      this.act('reset-failed');
      return done;
    },
    start: async () => {
      this.act('start');
      return this.onStart();
    },
    answersHealthy: async () => this.health,
    answers: async () => this.answers,
  };

  recover(asked: Asked = {}): Promise<Recovery> {
    return this.clock.until(this.begin(asked));
  }

  /** By hand and at a request, at once. */
  recoverTwice(): Promise<[Recovery, Recovery]> {
    return this.clock.until(Promise.all([this.begin({ automatic: true }), this.begin({ automatic: false })]));
  }

  private begin({ automatic = true, dryRun = false, policy = {} }: Asked): Promise<Recovery> {
    const question = {
      choice: CHOICE,
      policy: () =>
        ({ reap: 'unit', settleMs: 2_000, healthUrl: null, onSetRemoved: 'report', ...policy }) as const,
      automatic,
      dryRun,
    };
    return recover(question, this.doors);
  }

  get triesMs(): readonly number[] {
    return this.attempts.known ? this.attempts.value.triesMs : [];
  }
}

const ago = (world: World, ...seconds: number[]): Fact<Attempts> =>
  known({ triesMs: seconds.map((one) => world.clock.wallMs() - one * 1000), gaveUp: false });

void t.test('after a leak sets are removed, the unit is started and verified to stay up', async (t) => {
  const world = new World();
  const recovery = await world.recover();
  t.match(recovery, { outcome: 'recovered', cause: 'semaphore-leak', unit: UNIT, gaveUpNow: false });
  t.strictSame(world.did, ['clean at 0', 'reset-failed at 0', 'start at 0']);
  t.strictSame(
    recovery.steps.map((step) => step.do),
    ['clean', 'reset-failed', 'start', 'settle'],
  );
  t.ok(Number(recovery.steps.at(-1)?.tookMs) >= 2_000, 'it was watched for settleMs');
  t.equal(world.triesMs.length, 1);
});

void t.test(
  'an attempt is counted before the first action, and none is made if earlier ones are unknown',
  async (t) => {
    const counted = new World();
    counted.doubts = [notDone('not-removed', 'killed half-way')];
    t.match(await counted.recover(), { outcome: 'failed', why: 'killed half-way' });
    t.equal(counted.triesMs.length, 1);
    const torn = new World();
    torn.attempts = unknown('holds no recoveries');
    t.match(await torn.recover(), { outcome: 'unsure', why: 'holds no recoveries' });
    t.strictSame(torn.did, []);
  },
);

void t.test('a recovery by hand is neither limited nor counted', async (t) => {
  const world = new World();
  world.attempts = ago(world, 30, 20, 10);
  t.match(await world.recover({ automatic: false }), { outcome: 'recovered' });
  t.equal(world.triesMs.length, 3);
});

void t.test('a dry run does nothing and writes nothing', async (t) => {
  const world = new World();
  const recovery = await world.recover({ dryRun: true });
  t.match(recovery, { outcome: 'planned', steps: [] });
  t.equal(recovery.plan.length, 4);
  world.attempts = ago(world, 30, 20, 10);
  t.match(await world.recover({ dryRun: true }), { outcome: 'gave-up', gaveUpNow: false });
  t.strictSame(world.did, []);
  t.match(world.attempts, known({ gaveUp: false }));
});

void t.test('the second attempt waits 5 s, the third 30 s', async (t) => {
  const second = new World();
  second.attempts = ago(second, 60);
  t.match(await second.recover(), { outcome: 'recovered' });
  t.strictSame(second.did, ['clean at 5', 'reset-failed at 5', 'start at 5']);
  const third = new World();
  third.attempts = ago(third, 60, 30);
  t.match(await third.recover(), { outcome: 'recovered' });
  t.equal(third.did[0], 'clean at 30');
  t.equal(third.triesMs.length, 3);
});

void t.test('a start or stop by the admin during the back-off is respected', async (t) => {
  const started = new World();
  started.attempts = ago(started, 60, 30);
  started.in(10_000, UP);
  t.match(await started.recover(), { outcome: 'healthy' });
  t.strictSame(started.did, []);
  const masked = new World();
  masked.attempts = ago(masked, 60, 30);
  masked.in(10_000, { load: 'masked', fileState: 'masked', active: 'inactive' });
  t.match(await masked.recover(), { outcome: 'left-alone' });
  t.strictSame(masked.did, []);
});

void t.test('after three attempts in 10 minutes it gives up, once; then it may attempt again', async (t) => {
  const world = new World();
  world.attempts = ago(world, 300, 200, 100);
  t.match(await world.recover(), { outcome: 'gave-up', gaveUpNow: true });
  t.match(await world.recover(), { outcome: 'gave-up', gaveUpNow: false });
  t.strictSame(world.did, []);
  await world.clock.advance(301_000);
  t.match(await world.recover(), { outcome: 'recovered' }, 'the first attempt is older than 10 minutes');
});

void t.test('it waits until systemd has finished with the unit, for at most 3 minutes', async (t) => {
  const restarted = new World();
  restarted.becomes({ active: 'activating', job: 'start' });
  restarted.in(100_000, UP);
  t.match(await restarted.recover(), { outcome: 'healthy' });
  const failed = new World();
  failed.becomes({ active: 'activating', job: 'start' });
  failed.in(30_000, { active: 'failed', job: null });
  t.match(await failed.recover(), { outcome: 'recovered' });
  const hanging = new World();
  hanging.becomes({ active: 'deactivating', job: 'stop' });
  t.match(await hanging.recover(), { outcome: 'unsure', why: 'still deactivating' });
  t.strictSame(hanging.did, []);
  t.ok(hanging.clock.steadyMs() >= 180_000 && hanging.clock.steadyMs() < 190_000);
});

void t.test(
  'httpd is queried and a start tried while ExecStopPost= runs, and once more if that took long',
  async (t) => {
    const TRIAL = Promise.resolve({ disks: [], configComplaint: known(null) });
    for (const [sub, restsMs, queries] of [
      ['failed', 0, ['query at 0', 'trial at 0', 'judged at 0']],
      ['stop-sigterm', 400, ['query at 0', 'trial at 0', 'judged at 0.4']],
      // ExecStopPost= does both.
      ['stop-post', 400, ['query at 0.4', 'trial at 0.4', 'judged at 0.4']],
      ['stop-post', 2_000, ['query at 2', 'trial at 2', 'judged at 2']],
      ['stop-sigterm', 2_000, ['query at 0', 'trial at 0', 'query at 2', 'trial at 2', 'judged at 2']],
    ] as const) {
      const world = new World();
      if (restsMs > 0) {
        world.becomes({ active: 'deactivating', sub });
        world.in(restsMs, { active: 'failed', sub: 'failed' });
      }
      const did: string[] = [];
      const note = (what: string): void => void did.push(`${what} at ${world.clock.steadyMs() / 1000}`);
      const doors: RecoveryDoors = {
        ...world.doors,
        findServer: (choice) => {
          note('query');
          return world.doors.findServer(choice);
        },
        beginTrial: () => {
          note('trial');
          return TRIAL;
        },
        failureFacts: (server, trial) => {
          t.equal(trial, TRIAL, 'it is used');
          t.match(server.unit, known({ active: 'failed' }), 'as it is now');
          note('judged');
          return world.doors.failureFacts(server, trial);
        },
      };
      const policy = () =>
        ({ reap: 'unit', settleMs: 2_000, healthUrl: null, onSetRemoved: 'report' }) as const;
      const question = { choice: CHOICE, policy, automatic: true, dryRun: false };
      t.match(await world.clock.until(recover(question, doors)), { outcome: 'recovered' });
      t.strictSame(did, queries);
    }
  },
);

void t.test('a dry run does not wait for systemd: RestartSec= can be a minute', async (t) => {
  const world = new World();
  world.becomes({ active: 'activating', sub: 'auto-restart', result: 'signal' });
  world.in(60_000, UP);
  const began = world.clock.steadyMs();
  t.match(await world.recover({ automatic: false, dryRun: true }), {
    outcome: 'unsure',
    why: /activating \(auto-restart\)/,
  });
  t.equal(world.clock.steadyMs(), began);
});

void t.test('a second run that starts during the verification of the first is no recovery', async (t) => {
  const world = new World();
  world.in(1_000, { invocationId: 'another' });
  t.match(await world.recover(), { outcome: 'failed', why: /was restarted meanwhile/ });
});

void t.test(
  'a unit that goes down during the verification did not stay up; one that reloads did',
  async (t) => {
    const down = new World();
    down.in(1_000, { active: 'failed', result: 'exit-code' });
    t.match(await down.recover(), { outcome: 'failed', why: /did not stay up: failed, result exit-code/ });
    const reloading = new World();
    reloading.in(500, { active: 'reloading' });
    t.match(await reloading.recover(), { outcome: 'recovered' });
  },
);

void t.test('a step that fails ends the recovery', async (t) => {
  const refused = new World();
  refused.onStart = () => notDone('refused', 'systemd does not start it');
  t.match(await refused.recover(), { outcome: 'failed', why: 'systemd does not start it' });
  const fails = new World();
  fails.onStart = () => {
    fails.becomes({ active: 'activating', job: 'start' });
    fails.in(1_000, { active: 'failed', result: 'exit-code', job: null });
    return done;
  };
  const recovery = await fails.recover();
  t.match(recovery, { outcome: 'failed', why: /did not start: failed, result exit-code/ });
  t.match(recovery.steps.at(-1), { do: 'start', ok: false });
  const sick = new World();
  sick.health = notDone('unhealthy', 'http://x/ answers 503');
  t.match(await sick.recover({ policy: { healthUrl: 'http://x/' } }), {
    outcome: 'failed',
    why: 'it is running, but http://x/ answers 503',
  });
});

void t.test(
  'orphaned workers are terminated first, and if they keep running nothing else is done',
  async (t) => {
    const held = failure({ listeningOrphans: [{ pid: 77, startedMs: 5, ports: [80], inUnit: true }] });
    const world = new World();
    world.facts = held;
    t.match(await world.recover(), { outcome: 'recovered' });
    t.equal(world.did[0], 'terminate at 0');
    const stubborn = new World();
    stubborn.facts = held;
    stubborn.terminated = notDone('not-ended', 'workers 77 cannot be terminated');
    t.match(await stubborn.recover(), { outcome: 'failed', why: 'workers 77 cannot be terminated' });
    t.strictSame(stubborn.did, ['terminate at 0']);
  },
);

void t.test(
  'while owners cannot be proven it looks up to three times, then starts all the same',
  async (t) => {
    const world = new World();
    world.doubts = [doneWith({ doubt: true })];
    t.match(await world.recover(), { outcome: 'recovered' });
    t.strictSame(world.did.slice(0, 3), ['clean at 0', 'clean at 0.15', 'clean at 0.3']);
    t.equal(world.did.length, 5);
    const short = new World();
    short.doubts = [doneWith({ doubt: true }), doneWith({ doubt: false })];
    await short.recover();
    t.equal(short.did.filter((one) => one.startsWith('clean')).length, 2);
  },
);

void t.test('sets that are too new to judge are judged again 3.5 s later', async (t) => {
  const world = new World();
  world.facts = leak({ orphans: 0, unsure: 9 });
  world.clock.after(3_000, () => (world.facts = leak()));
  t.match(await world.recover(), { outcome: 'recovered', cause: 'semaphore-leak' });
  t.equal(world.did[0], 'clean at 3.5');
  const never = new World();
  never.facts = leak({ orphans: 0, unsure: 9 });
  t.match(await never.recover(), { outcome: 'unsure', cause: 'semaphore-demand' });
  t.strictSame(never.did, []);
});

void t.test(
  'how a run ended is kept for later where sets were lacking, unless it is kept already',
  async (t) => {
    const world = new World();
    world.facts = leak({ orphans: 0 });
    t.match(await world.recover(), { outcome: 'left-alone', cause: 'semaphore-demand' });
    t.match(world.endings, [{ cause: 'semaphore-demand', use: use(12), byItself: true }]);
    const byHand = new World();
    byHand.facts = leak({ orphans: 0 });
    await byHand.recover({ automatic: false });
    const other = new World();
    other.facts = failure();
    await other.recover();
    t.strictSame([...byHand.endings, ...other.endings], []);
  },
);

void t.test('without systemd nothing is recovered', async (t) => {
  const world = new World();
  const doors: RecoveryDoors = {
    ...world.doors,
    findServer: async (choice) => ({ ...(await world.doors.findServer(choice)), unit: unknown('no bus') }),
  };
  const policy = () => ({ reap: 'unit', settleMs: 2_000, healthUrl: null, onSetRemoved: 'report' }) as const;
  const question = { choice: CHOICE, policy, automatic: true, dryRun: false };
  t.match(await recover(question, doors), { outcome: 'unsure', unit: null, why: 'no bus' });
  t.strictSame(world.did, []);
});

void t.test(
  'a running server that lost sets and does not answer is restarted, if that is configured',
  async (t) => {
    const world = (answers: boolean): World => {
      const one = new World();
      one.becomes(UP);
      one.facts = failure({ lost: { ids: [3], sinceRealMs: 0 } });
      one.answers = answers;
      return one;
    };
    const policy = { onSetRemoved: 'restart', healthUrl: 'http://x/' } as const;
    const hung = world(false);
    t.match(await hung.recover({ policy }), { outcome: 'recovered', cause: 'set-removed-while-live' });
    t.strictSame(hung.did, ['clean at 0', 'restart at 0']);
    t.equal(hung.triesMs.length, 1, 'which is counted');
    for (const [what, one, over] of [
      ['it answers', world(true), policy],
      ['only reported', world(false), { ...policy, onSetRemoved: 'report' }],
      ['whether it answers is unknown', world(false), { ...policy, healthUrl: null }],
    ] as const) {
      t.match(await one.recover({ policy: over }), { outcome: 'left-alone' }, what);
      t.strictSame(one.did, [], what);
    }
    const often = world(false);
    for (let i = 0; i < 3; i++) await often.recover({ policy });
    t.match(await often.recover({ policy }), { outcome: 'gave-up' });
  },
);

void t.test('of two recoveries one acts, and the other finds httpd as it left it', async (t) => {
  const world = new World();
  world.onStart = () => {
    world.becomes({ ...UP, active: 'activating', sub: 'start', invocationId: 'started' });
    world.in(3_000, UP);
    return done;
  };
  const both = await world.recoverTwice();
  t.match(both, [{ outcome: 'recovered' }, { outcome: 'healthy' }]);
  t.strictSame(world.did, ['clean at 0', 'reset-failed at 0', 'start at 0']);
});

void t.test('by hand it acts at once while another one waits for its next attempt', async (t) => {
  const world = new World();
  world.attempts = ago(world, 60);
  const both = await world.recoverTwice();
  t.match(both, [{ outcome: 'healthy' }, { outcome: 'recovered' }]);
  t.strictSame(world.did, ['clean at 0', 'reset-failed at 0', 'start at 0']);
});
