import t from 'tap';
import type { FailureFacts } from '../../../src/core/diagnosis/failure-facts.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import { explainFailure } from '../../../src/core/diagnosis/explain-failure.ts';
import { isOnlyByLog } from '../../../src/core/diagnosis/only-by-log.ts';
import type { Cause } from '../../../src/core/diagnosis/cause.ts';
import { findCause } from '../../../src/core/diagnosis/find-cause.ts';
import type { FailedCommand, UnitFacts } from '../../../src/core/units/unit-facts.ts';
import type { SetsNeed } from '../../../src/core/diagnosis/causes/sets-need.ts';
import { RULES } from '../../../src/core/logs/messages.ts';
import { unit } from '../../view/report/report-builder.ts';
import { disk, ending, failedUnit, failure, job, leak, line, use } from './failure-builder.ts';

const NO_ROOM =
  "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 9] (28)No space left on device: AH00023: Couldn't create the mpm-accept mutex ";

const orphanOnPort = [{ pid: 77, startedMs: 5, ports: [80], inUnit: true }];

void t.test('facts of the machine decide the cause', async (t) => {
  const cases: [string, FailureFacts, string][] = [
    ['a full table with sets of the dead', leak(), 'semaphore-leak'],
    ['a full table without any', leak({ orphans: 0 }), 'semaphore-demand'],
    ['too few sets left for the mutexes', leak({ use: known(use(10)) }), 'semaphore-leak'],
    ['just enough left', leak({ use: known(use(9)) }), 'other'],
    [
      'the number of mutexes unknown, one left',
      leak({ sysvMutexes: null, need: null, use: known(use(11)) }),
      'other',
    ],
    ['the number of mutexes unknown, none left', leak({ sysvMutexes: null, need: null }), 'semaphore-leak'],
    ['mutexes of another mechanism, and no orphan', leak({ sysvMutexes: 0, orphans: 0 }), 'other'],
    [
      'mutexes of another mechanism, and modules with locks of their own',
      leak({ sysvMutexes: 0 }),
      'semaphore-leak',
    ],
    [
      'SEMMNS reached before SEMMNI',
      leak({ use: known({ sets: { used: 5, max: 128 }, semaphores: { used: 500, max: 500 } }) }),
      'semaphore-leak',
    ],
    ['no room on a disk', failure({ disks: disk({ error: 'ENOSPC' }) }), 'disk-full'],
    ['a read-only file system', leak({ use: known(use(10)), disks: disk({ error: 'EROFS' }) }), 'other'],
    ['a quota that is used up', failure({ disks: disk({ error: 'EDQUOT' }) }), 'quota-exceeded'],
    ['no inodes', failure({ disks: disk({ error: 'ENOSPC', freeInodes: 0 }) }), 'inodes-full'],
    ['a file system that counts no inodes', failure({ disks: disk({ freeInodes: null }) }), 'other'],
    ['no room in /dev/shm', failure({ disks: disk({ error: 'ENOSPC' }, '/dev/shm') }), 'shm-full'],
    [
      'a full disk, and a short table',
      leak({ use: known(use(10)), disks: disk({ error: 'ENOSPC' }) }),
      'disk-full',
    ],
    ['a full disk, and a full table', leak({ disks: disk({ error: 'ENOSPC' }) }), 'semaphore-leak'],
    ['a port held by the orphaned', leak({ listeningOrphans: orphanOnPort }), 'port-held-by-orphans'],
    ['a configuration with an error', leak({ configComplaint: known('Syntax error') }), 'config-error'],
    ['nothing to see', failure(), 'other'],
    ['systemd does not tell', leak({ unit: unknown('no bus') }), 'unknown'],
    ['the table cannot be read', failure({ use: unknown('no /proc') }), 'unknown'],
    ['the configuration cannot be tested', failure({ configComplaint: unknown('hangs') }), 'unknown'],
  ];
  for (const [what, facts, cause] of cases) t.equal(findCause(facts).cause, cause, what);
});

void t.test('for a unit with its own IPC namespace only the table inside decides', async (t) => {
  const apart = { unit: known(failedUnit({ privateIpc: true })) };
  const causeOf = (over: Partial<FailureFacts>): string => findCause(leak({ ...apart, ...over })).cause;
  t.equal(causeOf({}), 'other', 'looked at from outside, later');
  t.match(findCause(leak(apart)).evidence[1], { rule: 'table', saw: /its own IPC namespace/ });
  t.equal(causeOf({ ending: ending() }), 'semaphore-leak', 'its own ExecStopPost');
  t.equal(causeOf({ ending: ending({ use: use(3) }) }), 'other');
  t.equal(causeOf({ ending: ending({ use: use(12) }) }), 'semaphore-demand', 'orphans out here are not its');
  t.equal(causeOf({ ending: ending({ use: use(12), orphans: 9 }) }), 'semaphore-leak');
});

void t.test('a unit that did not fail has no cause, even with a full table', async (t) => {
  const withUnit = (over: object) => findCause(leak({ unit: known(failedUnit(over)) })).cause;
  for (const active of ['active', 'activating', 'deactivating', 'reloading'])
    t.equal(withUnit({ active, result: 'success' }), 'none', active);
  t.equal(withUnit({ active: 'inactive', result: 'success' }), 'stopped-by-admin');
  t.equal(withUnit({ load: 'masked' }), 'stopped-by-admin');
});

void t.test('a main process that is gone is an end, whatever systemd still waits for', async (t) => {
  const withUnit = (over: object) => findCause(leak({ unit: known(failedUnit(over)) })).cause;
  t.equal(withUnit({ active: 'reloading' }), 'semaphore-leak', 'systemd before 249, after RELOADING=1');
  t.equal(withUnit({ active: 'deactivating' }), 'semaphore-leak', 'its workers have not stopped yet');
  t.equal(withUnit({ active: 'activating', sub: 'auto-restart' }), 'semaphore-leak', 'RestartSec=');
  t.equal(withUnit({ active: 'reloading', mainPid: 7 }), 'none');
  const exited = { active: 'active', sub: 'exited', result: 'success' } as const;
  t.equal(withUnit(exited), 'semaphore-leak', 'a unit of a SysV script, whose httpd has ended');
  const unnoticed = failure({ unit: known(failedUnit(exited)) });
  t.match(findCause(unnoticed), { cause: 'killed', evidence: [{ saw: /no httpd is running/ }] });
  const running = {
    ...unnoticed,
    unit: known(failedUnit({ ...exited, sub: 'running' })),
    httpdRuns: known(true),
  };
  t.equal(findCause(running).cause, 'none');
  t.match(findCause({ ...running, isMasterless: true }), {
    cause: 'killed',
    evidence: [{ saw: /only workers without a master/ }],
  });
  t.equal(findCause({ ...unnoticed, httpdRuns: known(true) }).cause, 'none');
  t.equal(findCause({ ...unnoticed, httpdRuns: unknown('closed') }).cause, 'none');
});

void t.test('only an exit of httpd itself can be caused by a full table', async (t) => {
  const withResult = (result: string, over: Partial<FailureFacts> = {}) =>
    findCause(leak({ unit: known(failedUnit({ result })), ...over })).cause;
  for (const result of ['exit-code', 'protocol', 'resources', 'start-limit-hit'])
    t.equal(withResult(result), 'semaphore-leak', result);
  const room = { use: known(use(1)), orphans: 0 };
  const signalled = { unit: known(failedUnit({ result: 'signal' })) };
  for (const [result, cause] of [
    ['signal', 'killed'],
    ['core-dump', 'killed'],
    ['watchdog', 'killed'],
    ['oom-kill', 'out-of-memory'],
    ['timeout', 'timeout'],
  ] as const) {
    t.equal(withResult(result, room), cause);
    t.equal(withResult(result, { orphans: 0 }), cause, 'a table full of others is no reason for it');
    t.match(findCause(leak({ unit: known(failedUnit({ result })) })), {
      cause: 'semaphore-leak',
      isBeforeStart: true,
    });
  }
  for (const killer of ['kernel', 'systemd-oomd', 'recorded'] as const)
    t.match(findCause(failure({ ...signalled, oomKiller: known(killer) })), {
      cause: 'out-of-memory',
      evidence: [{ rule: 'oom', saw: /kernel|oomd|memory/ }, { rule: 'state' }],
    });
  t.equal(withResult('signal', { ...room, oomKiller: unknown('no journal') }), 'killed');
  const restarted = failure({ unit: known(failedUnit({ result: 'signal', restart: 'on-abort' })) });
  t.match(findCause(restarted).evidence[0]?.saw, 'systemd restarts it by itself (Restart=on-abort)');
});

void t.test('a command that systemd could not run', async (t) => {
  const ended = (startStatus: number | null, over: Partial<UnitFacts> = {}) =>
    findCause(leak({ unit: known(failedUnit({ startStatus, ...over })) }));
  t.match(ended(203), {
    cause: 'not-started',
    evidence: [{ rule: 'job', saw: 'systemd could not run /usr/sbin/apachectl: status 203/EXEC' }],
  });
  t.match(ended(226).evidence, [{ saw: /226\/NAMESPACE/ }]);
  for (const status of [null, 0, 1, 126, 127, 199, 223, 255])
    t.equal(ended(status).cause, 'semaphore-leak', String(status));
  t.equal(ended(203, { result: 'signal' }).cause, 'semaphore-leak', 'of another run');
});

void t.test('a unit that it needs, and that is masked, missing or failed', async (t) => {
  const stopped = known(failedUnit({ active: 'inactive', result: 'success' }));
  const saw = (state: 'masked' | 'not-found' | 'failed') => {
    const found = findCause(failure({ unit: stopped, brokenNeed: { unit: 'db.service', state } }));
    t.equal(found.cause, 'not-started');
    return found.evidence[0]?.saw;
  };
  t.equal(saw('masked'), 'it requires db.service, which is masked');
  t.equal(saw('not-found'), 'it requires db.service, which does not exist');
  t.match(saw('failed'), 'systemd stopped it, since db.service failed');
  t.equal(
    findCause(failure({ brokenNeed: { unit: 'db.service', state: 'masked' } })).cause,
    'other',
    'it ran and failed',
  );
});

void t.test('a pid file that systemd waits for, and httpd does not write', async (t) => {
  const pidFile = known({ path: '/run/a.pid', pid: null, state: 'absent' as const });
  const ended = (
    result: string,
    over: Partial<UnitFacts> = {},
    awaitedPidFile: string | null = '/run/b.pid',
  ) =>
    findCause(
      failure({ unit: known(failedUnit({ result, startStatus: 0, ...over })), pidFile, awaitedPidFile }),
    );
  const saw = 'systemd waits for PIDFile=/run/b.pid, but httpd writes /run/a.pid';
  t.match(ended('timeout'), { cause: 'timeout', evidence: [{ rule: 'pid-file', saw }] });
  t.match(ended('protocol'), { cause: 'other', evidence: [{ saw }] });
  const others = [
    ended('timeout', {}, null),
    ended('timeout', { startStatus: null }),
    ended('timeout', { activeExitMs: Infinity }),
    ended('exit-code'),
  ];
  for (const { evidence } of others) t.notMatch(evidence[0]?.saw, 'PIDFile');
});

void t.test('a command before or after the start that failed', async (t) => {
  const ended = (setting: FailedCommand['setting'], result = 'exit-code', over: Partial<UnitFacts> = {}) => {
    const failedCommand = { setting, command: ['/bin/sh', '-c', 'x'.repeat(200)], end: 'exited with 3' };
    return findCause(leak({ unit: known(failedUnit({ failedCommand, result, ...over })) }));
  };
  for (const setting of ['ExecCondition', 'ExecStartPre'] as const)
    t.match(ended(setting), {
      cause: 'not-started',
      evidence: [{ rule: 'job', saw: new RegExp(`^${setting}=/bin/sh -c x+\\.{3} exited with 3$`) }],
    });
  t.equal(ended('ExecStartPre', 'core-dump').cause, 'not-started', 'it crashed, and httpd never ran');
  t.match(ended('ExecStartPost'), {
    cause: 'other',
    evidence: [{ saw: /^ExecStartPost=.* exited with 3, so systemd stopped httpd$/ }],
  });
  const unit = known(
    failedUnit({
      result: 'timeout',
      failedCommand: { setting: 'ExecStartPre', command: ['/usr/bin/flock'], end: 'was killed by signal 15' },
    }),
  );
  t.match(findCause(failure({ unit })).evidence[0]?.saw, '(ExecStartPre=/usr/bin/flock was running)');
  t.equal(ended('ExecStartPre', 'exit-code', { active: 'active', sub: 'running', mainPid: 8 }).cause, 'none');
  const failedCommand = { setting: 'ExecStartPre' as const, command: ['/bin/sh'], end: 'exited with 3' };
  const printed = { ...line('no document root'), isFromStart: true };
  t.match(explainFailure(failure({ unit: known(failedUnit({ failedCommand })) }), [printed]).evidence, [
    { rule: 'job' },
    { rule: 'line', saw: 'no document root' },
  ]);
});

void t.test('a start that systemd never began', async (t) => {
  const { began } = failedUnit().run;
  const rested = failedUnit({ active: 'inactive', result: 'success' });
  for (const result of ['dependency', 'assert', 'skipped', 'invalid'])
    t.match(findCause(failure({ unit: known(rested), lastJob: known(job({ result, message: 'M' })) })), {
      cause: 'not-started',
      evidence: [{ saw: 'M' }],
    });
  const older = job({ result: 'dependency', atMs: began.realMs - 1 });
  t.equal(findCause(leak({ lastJob: known(older) })).cause, 'semaphore-leak', 'it began since');
  t.equal(
    findCause(
      leak({ ending: ending({ use: use(12), orphans: 9 }), lastJob: known(job({ result: 'dependency' })) }),
    ).cause,
    'not-started',
    'an end of an older run',
  );
  t.equal(findCause(failure({ lastJob: known(job({ type: 'stop', result: 'dependency' })) })).cause, 'other');
  t.match(findCause(failure({ unit: known(failedUnit({ load: 'bad-setting', loadError: 'bad' })) })), {
    cause: 'not-started',
    evidence: [{ saw: 'bad' }],
  });
  t.equal(findCause(failure({ unit: known(failedUnit({ load: 'error' })) })).cause, 'not-started');
  const condition = { met: false, atMs: began.realMs + 1 };
  t.equal(findCause(failure({ unit: known(failedUnit({ condition })) })).cause, 'not-started');
  const limit = known(failedUnit({ result: 'start-limit-hit' }));
  t.equal(findCause(failure({ unit: limit })).cause, 'not-started');
  t.equal(
    findCause(failure({ unit: limit, ending: ending() })).cause,
    'not-started',
    'nothing else is wrong any more',
  );
  t.equal(findCause(leak({ unit: limit })).cause, 'semaphore-leak', 'a cause that is still there is named');
});

void t.test('a pid file that names another program', async (t) => {
  const pidFile = known({ path: '/run/a.pid', pid: 7, state: 'foreign' as const });
  const stranger = { pid: 7, program: '/bin/x', unit: 'x.service' };
  const inactive = known(failedUnit({ active: 'inactive', result: 'success' }));
  const here = failure({ unit: inactive, pidFile, stranger, lastJob: known(job({ result: 'done' })) });
  t.match(findCause(here), {
    cause: 'stale-pid-file',
    evidence: [{ saw: /process 7 \(\/bin\/x, x\.service\)/ }],
  });
  t.equal(findCause(failure({ pidFile, stranger: null })).cause, 'stale-pid-file');
  t.equal(findCause({ ...here, lastJob: known(job({ type: 'stop' })) }).cause, 'stopped-by-admin');
  t.equal(findCause(failure({ pidFile: unknown('closed') })).cause, 'other');
});

void t.test('a pid file that names the httpd of another unit', async (t) => {
  const pidFile = known({ path: '/run/a.pid', pid: 7, state: 'live' as const });
  const stranger = { pid: 7, program: '/usr/sbin/apache2', unit: 'apache2@b.service' };
  const stopped = known(failedUnit({ active: 'inactive', result: 'success' }));
  t.match(
    findCause(failure({ unit: stopped, pidFile, stranger })),
    { cause: 'stale-pid-file', evidence: [{ saw: /names process 7, .*the httpd of apache2@b\.service/ }] },
    'also of a unit that was stopped: a start would stop the other',
  );
  const running = known(failedUnit({ active: 'active', sub: 'running', result: 'success', mainPid: 5 }));
  t.equal(findCause(failure({ unit: running, pidFile, stranger })).cause, 'none');
});

void t.test('a port that another holds', async (t) => {
  const owner = { port: 80, pid: 9, startedMs: 1, program: '/usr/sbin/nginx', unit: 'nginx.service' };
  const found = findCause(failure({ portOwners: [owner] }));
  t.match(found, {
    cause: 'port-held-by-other',
    evidence: [{ saw: /port 80 .*process 9 \(\/usr\/sbin\/nginx, nginx/ }],
  });
  const hidden = { port: 80, pid: null, startedMs: null, program: null, unit: null };
  t.match(findCause(failure({ portOwners: [hidden] })).evidence[0]?.saw, 'hidden');
  t.equal(
    findCause(failure({ unit: known(failedUnit({ result: 'signal' })), portOwners: [owner] })).cause,
    'killed',
  );
});

/** What is certain of a need. With balancers, all but the three registered mutexes. */
const LEAST: Record<SetsNeed['by'], (sets: number) => number> = {
  seen: (sets) => sets,
  configured: (sets) => sets - 3,
  registered: () => 0,
  batch: () => 0,
};

void t.test('how many sets a start creates decides whether the table was too short', async (t) => {
  const needs = (sets: number, by: SetsNeed['by'], over: Partial<FailureFacts> = {}) =>
    findCause(
      failure({ need: { sets, by, least: LEAST[by](sets) }, use: known(use(10)), orphans: 9, ...over }),
    );
  t.match(needs(2, 'seen'), { cause: 'other' });
  t.match(needs(3, 'seen'), { cause: 'semaphore-leak', weak: true }, 'it may have failed before that');
  t.match(needs(3, 'batch'), { cause: 'semaphore-leak', weak: true });
  t.equal(needs(12, 'seen').cause, 'semaphore-demand', 'not even with all orphans removed');
  t.equal(needs(211, 'configured', { use: known(use(0, 128)), orphans: 0 }).cause, 'semaphore-demand');
  t.match(needs(211, 'configured').evidence.at(-1)?.saw, 'balancers included');
  t.match(needs(3, 'batch').evidence.at(-1)?.saw, 'one killed run leaked 3 sets');
  t.equal(needs(211, 'registered', { use: known(use(0, 300)), orphans: 0 }).cause, 'other');
  t.match(
    needs(211, 'configured', { use: known(use(0, 209)), orphans: 0 }),
    { cause: 'semaphore-demand', weak: true },
    'not all registered mutexes are created, so a line of the log can contradict it',
  );
});

void t.test('the record of ExecStopPost= decides if the table has free sets again', async (t) => {
  const cleared = (over: object) =>
    findCause(failure({ ending: ending({ use: use(12), orphans: 9, ...over }) })).cause;
  t.equal(cleared({}), 'semaphore-leak');
  t.equal(cleared({ orphans: 0 }), 'semaphore-demand');
  t.equal(cleared({ use: use(3) }), 'other', 'when it had room then, too');
  t.equal(cleared({ use: null }), 'other');
  t.equal(cleared({ byItself: false }), 'stopped-by-admin', 'a wished end is none');
  t.equal(cleared({ result: 'signal' }), 'killed');
  const reset = { unit: known(failedUnit({ active: 'inactive' })), ending: ending({ result: 'signal' }) };
  t.equal(findCause(leak(reset)).cause, 'killed', 'reset since');
  const filledSince = leak({ ending: ending({ use: use(3) }) });
  t.equal(findCause(filledSince).cause, 'other', 'a table that filled up later was not what it died of');
  const provenSince = leak({ ending: ending({ use: use(12), orphans: 0 }) });
  t.equal(findCause(provenSince).cause, 'semaphore-leak', 'what could not be proven then may be now');
});

void t.test(
  '2.2 exits with success: a failure only soon after the start and as recorded by ExecStopPost=',
  async (t) => {
    const inactive = known(failedUnit({ active: 'inactive', sub: 'dead', result: 'success' }));
    const after = (ranMs: number, over: object = {}) =>
      findCause(leak({ unit: inactive, ending: ending({ result: 'success', ranMs, ...over }) })).cause;
    t.equal(after(1_500), 'semaphore-leak');
    t.equal(after(60_000), 'other', 'apachectl stop looks like that');
    t.equal(after(1_500, { byItself: false }), 'stopped-by-admin');
    t.equal(findCause(leak({ unit: inactive })).cause, 'stopped-by-admin');
    const asked = (over: object) => findCause(leak({ unit: inactive, lastJob: known(job(over)) })).cause;
    t.equal(asked({ result: 'done' }), 'semaphore-leak', 'without hooks: nobody stopped it since its start');
    t.equal(asked({ type: 'stop', result: 'done' }), 'stopped-by-admin');
    const { monotonicMs } = failedUnit().run.began;
    const main = (mainExitMs: number, activeExitMs: number) =>
      findCause(
        leak({
          unit: known(failedUnit({ active: 'inactive', result: 'success', mainExitMs, activeExitMs })),
          lastJob: unknown('not read'),
        }),
      ).cause;
    t.equal(main(monotonicMs + 24, monotonicMs + 25), 'semaphore-leak', 'its main process ended first');
    t.equal(main(monotonicMs + 24, 0), 'semaphore-leak', 'it never was active');
    t.equal(main(monotonicMs + 24, monotonicMs + 20), 'stopped-by-admin', 'the unit stopped first');
    t.equal(main(0, 0), 'stopped-by-admin', 'not known');
    const reset = failedUnit({
      active: 'inactive',
      result: 'success',
      mainExitMs: monotonicMs + 24,
      mainExitedWell: false,
    });
    t.equal(findCause(leak({ unit: known(reset) })).cause, 'stopped-by-admin', 'after reset-failed');
    t.equal(asked({ result: 'done', invocationId: 'another run' }), 'stopped-by-admin');
  },
);

void t.test('findCause does not depend on log lines', async (t) => {
  t.equal(findCause.length, 1);
  for (const { sample } of RULES) {
    for (const facts of [failure(), failure({ ending: ending() }), leak({ sysvMutexes: 0, orphans: 0 })])
      t.notMatch(explainFailure(facts, [line(sample)]).cause, /^semaphore/, sample);
  }
});

void t.test('a cause that only a log line shows is marked', async (t) => {
  const found = (...lines: string[]) =>
    explainFailure(
      failure(),
      lines.map((text) => line(text)),
    );
  const told = (...lines: string[]) => found(...lines).cause;
  for (const text of [
    '(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80',
    "[core:emerg] (122)Disk quota exceeded: AH00023: Couldn't create the rewrite-map mutex (file /x)",
    "(43)Identifier removed: AH00144: couldn't grab the accept mutex",
    "(22)Invalid argument: AH00024: Couldn't set permissions on the mpm-accept mutex; check User and Group directives",
  ]) {
    const { cause, evidence } = found(text);
    t.ok(isOnlyByLog(cause, evidence), text);
    t.match(evidence.at(-2), { rule: 'doubt', saw: /^only its log shows this/, source: 'error.log' }, text);
  }
  for (const { sample } of RULES)
    for (const facts of [failure(), failure({ ending: ending() })]) {
      const { cause, evidence } = explainFailure(facts, [line(sample)]);
      t.ok(isOnlyByLog(cause, evidence) || cause === 'other' || cause === 'unknown', sample);
    }
  const busy = failure({ portOwners: [{ port: 80, pid: 9, startedMs: 1, program: 'x', unit: null }] });
  const sure = explainFailure(busy, [line('(98)Address already in use: AH00072: make_sock: could not bind')]);
  t.notOk(isOnlyByLog(sure.cause, sure.evidence), 'the kernel shows it');
  t.equal(
    told('(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80'),
    'port-held-by-other',
  );
  t.equal(
    told(
      "[core:emerg] [pid 9] (122)Disk quota exceeded: AH00023: Couldn't create the rewrite-map mutex (file /x)",
    ),
    'quota-exceeded',
  );
  t.equal(told("(43)Identifier removed: AH00144: couldn't grab the accept mutex"), 'set-removed-while-live');
  t.equal(told(NO_ROOM), 'unknown', 'not that it was semaphores, for the kernel knows nothing of it');
  t.equal(told('AH00016: Configuration Failed'), 'other');
  t.equal(told(), 'other');
});

void t.test('a table that may be too small is doubted if the log names another cause', async (t) => {
  const told = (...lines: string[]) =>
    explainFailure(
      leak({ orphans: 0, use: known(use(10)) }),
      lines.map((text) => line(text)),
    ).cause;
  const PORT = '(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80';
  t.equal(told(), 'semaphore-demand');
  t.equal(told(PORT), 'port-held-by-other');
  t.equal(told('[x] [ssl:emerg] [pid 1] AH02572: Failed to configure'), 'other');
  t.equal(told(NO_ROOM), 'semaphore-demand');
  t.equal(told(NO_ROOM, PORT), 'semaphore-demand', 'a line of semaphores bears it out');
  t.equal(explainFailure(leak({ orphans: 0 }), [line(PORT)]).cause, 'semaphore-demand', 'a full one is sure');
});

void t.test(
  'a full disk is doubted if the log names another failure, and no line is about space',
  async (t) => {
    const told = (over: Partial<FailureFacts>, ...lines: string[]) =>
      explainFailure(
        failure(over),
        lines.map((text) => line(text)),
      );
    const full = { disks: disk({ error: 'ENOSPC' }, '/tmp') };
    const ADDRESS = '(99)Cannot assign requested address: AH00072: make_sock: could not bind to address x:80';
    const NO_PID_FILE =
      '[x] [core:error] [pid 1] (28)No space left on device: AH00099: could not create /tmp/a.pid.x1';
    t.equal(told(full).cause, 'disk-full');
    t.match(told(full, ADDRESS), {
      cause: 'other',
      evidence: [{ saw: ADDRESS }, { saw: /^\/tmp .* is full/ }],
    });
    t.equal(told(full, ADDRESS, NO_PID_FILE).cause, 'disk-full', 'a line of space confirms it');
    t.equal(told(full, ADDRESS, '[x] [foo:emerg] (28)Kein Platz: foo: cannot write x').cause, 'disk-full');
    t.equal(told(full, NO_ROOM).cause, 'disk-full', 'it can be a file mutex');
    t.equal(told(full, 'AH00016: Configuration Failed').cause, 'disk-full', 'it only follows');
    t.equal(told({ ending: ending({ cause: 'disk-full' }) }, ADDRESS).cause, 'other', 'also when it is over');
    t.match(
      told(full, '(98)Address already in use: AH00072: make_sock: could not bind to address x').cause,
      /^port/,
    );
  },
);

void t.test('the owner of a port is doubted if the log names another failure only', async (t) => {
  const owner = { port: 80, pid: 9, startedMs: 1, program: '/usr/bin/perl', unit: 'x.service' };
  const told = (...lines: string[]) =>
    explainFailure(
      failure({ portOwners: [owner] }),
      lines.map((text) => line(text)),
    ).cause;
  const ADDRESS = '(99)Cannot assign requested address: AH00072: make_sock: could not bind to address x:81';
  const BUSY = '(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80';
  t.equal(told(), 'port-held-by-other');
  t.equal(told(BUSY), 'port-held-by-other');
  t.equal(told(ADDRESS, BUSY), 'port-held-by-other');
  t.equal(told('[x] [ssl:error] [pid 1] AH01909: a warning'), 'port-held-by-other', 'it is not fatal');
  t.equal(told(ADDRESS), 'other', 'the program listens on another address');
});

void t.test('a log line is shown with the matching cause', async (t) => {
  const { cause, evidence } = explainFailure(leak(), [line(NO_ROOM), line('AH00016: Configuration Failed')]);
  t.equal(cause, 'semaphore-leak');
  t.strictSame(
    evidence.map(({ rule }) => rule),
    ['table', 'orphans', 'line'],
  );
  t.equal(evidence.at(-1)?.saw, NO_ROOM.trimEnd(), 'not the one that only follows');
  const other = explainFailure(failure(), [
    line('[x] [ssl:emerg] [pid 1] AH02572: Failed to configure'),
    line('bye'),
  ]);
  t.match(other.evidence.at(-1)?.saw, 'AH02572', 'else the last one that is grave');
});

void t.test('for a running server only the loss of a set is reported', async (t) => {
  const up = failure({ unit: known(failedUnit({ active: 'active', result: 'success' })) });
  t.equal(explainFailure(up, [line(NO_ROOM)]).cause, 'none');
  t.equal(
    explainFailure(up, [line("(22)Invalid argument: AH00144: couldn't grab the accept mutex")]).cause,
    'set-removed-while-live',
  );
});

void t.test('an httpd outside the unit is the cause, whatever else is wrong', async (t) => {
  const outsider = { pid: 812, path: '/usr/sbin/apache2', unit: 'session-3.scope', pidFile: '/run/a.pid' };
  t.match(findCause(leak({ outsider })), {
    cause: 'started-outside-systemd',
    evidence: [
      { saw: 'httpd 812 (/usr/sbin/apache2) is running in session-3.scope' },
      { rule: 'pid-file', saw: '/run/a.pid names process 812' },
    ],
  });
  const { evidence } = findCause(
    failure({ outsider: { ...outsider, path: null, unit: null, pidFile: null } }),
  );
  t.match(evidence, [{ saw: /812 \(unknown program\) is running outside systemd/ }]);
  t.equal(evidence.length, 1);
  const running = known(failedUnit({ active: 'active', sub: 'running', result: 'success', mainPid: 5 }));
  t.equal(findCause(failure({ unit: running, outsider })).cause, 'none', 'the unit is running');
});

void t.test('of a unit that systemd unloaded, its last job shows how it ended', async (t) => {
  const unit = known(failedUnit({ active: 'inactive', result: 'success', invocationId: '' }));
  const after = (over: object) => findCause(leak({ unit, lastJob: known(job(over)) })).cause;
  t.equal(after({ ranMs: 140 }), 'semaphore-leak');
  t.equal(after({ ranMs: 60_000 }), 'stopped-by-admin', 'it served first');
  t.equal(after({ ranMs: null }), 'stopped-by-admin', 'it is not known how long it ran');
  t.equal(after({ type: 'stop', ranMs: 140 }), 'stopped-by-admin');
});

void t.test(
  'sets of the run that it did not remove show that it was killed, even if systemd reports success',
  async (t) => {
    const unit = known(failedUnit({ active: 'inactive', result: 'success' }));
    const end = ending({ result: 'success', exitCode: '', exitStatus: '' });
    const causeOf = (over: Partial<FailureFacts>) => findCause(failure({ unit, ending: end, ...over })).cause;
    t.match(findCause(failure({ unit, ending: end, leftSets: 3 })), {
      cause: 'killed',
      evidence: [
        { saw: /without systemd noticing: .*its master did not exit by itself, and left 3 semaphore sets$/ },
      ],
    });
    t.equal(causeOf({}), 'other');
    t.equal(
      causeOf({ runSets: 3, orphans: 3 }),
      'other',
      'sets that another httpd may have made prove nothing',
    );
    t.equal(causeOf({ ending: { ...end, cause: 'killed' } }), 'killed', 'after they were removed');
    t.equal(causeOf({ leftSets: 3, ending: { ...end, byItself: false } }), 'stopped-by-admin');
    const later = { ending: null, lastJob: known(job({ result: 'done' })) };
    t.equal(causeOf({ ...later, leftSets: 3 }), 'killed', 'without ExecStopPost=');
    t.equal(causeOf({ ...later, leftSets: 3, lastJob: known(job({ type: 'stop' })) }), 'stopped-by-admin');
  },
);

void t.test('a start that was refused before the last run explains nothing', async (t) => {
  const { began } = failedUnit().run;
  const refused = (atMs: number) =>
    findCause(failure({ lastJob: known(job({ result: 'start-limit-hit', atMs })) })).cause;
  t.equal(refused(began.realMs + 1_000), 'not-started');
  t.equal(refused(began.realMs - 1_000), 'other');
});

void t.test('what took too long', async (t) => {
  const { began } = failedUnit().run;
  const took = (over: Partial<UnitFacts>) =>
    findCause(failure({ unit: known(failedUnit({ result: 'timeout', ...over })) })).evidence[0]?.saw;
  const stopped = ending({ byItself: false, result: 'timeout' });
  const active = { result: 'timeout', activeExitMs: began.monotonicMs + 5_000 };
  t.equal(
    findCause(failure({ unit: known(failedUnit(active)), ending: stopped })).cause,
    'timeout',
    'also of a stop on purpose',
  );
  t.equal(
    findCause(leak({ ending: ending({ byItself: false }) })).cause,
    'stopped-by-admin',
    'another end of a stop is none',
  );
  t.match(took({ activeExitMs: 0 }), 'its start took');
  t.match(took({ activeExitMs: began.monotonicMs + 5_000 }), 'its stop took');
  t.match(took({ activeExitMs: began.monotonicMs + 5_000, runtimeMaxMs: 5_000 }), 'its run took');
});

void t.test('what ExecStopPost= found is the cause when it is over', async (t) => {
  const over = (cause: Cause) => findCause(failure({ ending: ending({ cause }) }));
  for (const cause of ['port-held-by-other', 'port-held-by-orphans', 'disk-full', 'config-error'] as const)
    t.match(over(cause), { cause, isOver: true, evidence: [{ saw: /when the run ended, and no longer/ }] });
  for (const cause of ['other', 'unknown', 'none', 'stopped-by-admin', 'semaphore-leak'] as const)
    t.equal(over(cause).cause, 'other', cause);
  t.equal(
    findCause(failure({ ending: ending({ cause: 'config-error' }), disks: disk({ error: 'ENOSPC' }) })).cause,
    'disk-full',
    'what is wrong now goes before',
  );
});

void t.test('a running server that lost sets', async (t) => {
  const lost = { ids: [3, 9], sinceRealMs: 0 };
  const found = findCause(failure({ unit: known(unit()), lost }));
  t.equal(found.cause, 'set-removed-while-live');
  t.match(found.evidence, [{ saw: '2 semaphore sets that it used are gone' }]);
  t.match(findCause(failure({ unit: known(unit()), lost: { ...lost, ids: [3] } })).evidence, [
    { saw: '1 semaphore set that it used is gone' },
  ]);
  t.equal(findCause(failure({ lost })).cause, 'other', 'of one that is down it says nothing');
});

void t.test('whose sets are in the table is not known, so neither is whether it could get one', async (t) => {
  const ownerUnknown = 'httpd does not report its user';
  const facts = failure({ ownerUnknown, unsure: 126 });
  t.match(findCause(facts), {
    cause: 'unknown',
    evidence: [{}, {}, { rule: 'owner-unknown', saw: ownerUnknown }],
  });
  t.equal(findCause(failure({ ownerUnknown })).cause, 'other', 'no set is in doubt');
  t.equal(findCause(failure({ unsure: 3 })).cause, 'other');
  t.equal(findCause({ ...facts, unit: known(failedUnit({ result: 'signal' })) }).cause, 'killed');
  const busy = line('(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80');
  t.equal(explainFailure(facts, [busy]).cause, 'port-held-by-other', 'a line is shown, as one');
});
