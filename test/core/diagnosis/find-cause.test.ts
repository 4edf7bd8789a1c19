import t from 'tap';
import type { FailureFacts } from '../../../src/core/diagnosis/failure-facts.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import { explainFailure } from '../../../src/core/diagnosis/explain-failure.ts';
import { findCause } from '../../../src/core/diagnosis/find-cause.ts';
import { RULES } from '../../../src/core/logs/messages.ts';
import { ending, failedUnit, failure, leak, line, use } from './failure-builder.ts';

const NO_ROOM =
  "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 9] (28)No space left on device: AH00023: Couldn't create the mpm-accept mutex ";

const rooms = (over: Partial<FailureFacts['diskSpaces'][number]>): FailureFacts['diskSpaces'] => [
  {
    path: '/var/log/apache2',
    what: 'the ErrorLog',
    readOnly: false,
    freeBytes: 1e9,
    freeInodes: 1e6,
    ...over,
  },
];
const orphanOnPort = [{ pid: 77, startedMs: 5, ports: [80] }];

void t.test('facts of the machine decide the cause', async (t) => {
  const cases: [string, FailureFacts, string][] = [
    ['a full table with sets of the dead', leak(), 'semaphore-leak'],
    ['a full table without any', leak({ orphans: 0 }), 'semaphore-demand'],
    ['too few sets left for the mutexes', leak({ use: known(use(10)) }), 'semaphore-leak'],
    ['just enough left', leak({ use: known(use(9)) }), 'other'],
    ['the number of mutexes unknown, one left', leak({ sysvMutexes: null, use: known(use(11)) }), 'other'],
    ['the number of mutexes unknown, none left', leak({ sysvMutexes: null }), 'semaphore-leak'],
    ['mutexes of another mechanism', leak({ sysvMutexes: 0 }), 'other'],
    [
      'SEMMNS reached before SEMMNI',
      leak({ use: known({ sets: { used: 5, max: 128 }, semaphores: { used: 500, max: 500 } }) }),
      'semaphore-leak',
    ],
    ['no room on a disk', failure({ diskSpaces: rooms({ freeBytes: 100 }) }), 'disk-full'],
    [
      'a read-only file system',
      leak({ use: known(use(10)), diskSpaces: rooms({ readOnly: true }) }),
      'other',
    ],
    ['no inodes', failure({ diskSpaces: rooms({ freeInodes: 0 }) }), 'inodes-full'],
    ['a file system that counts no inodes', failure({ diskSpaces: rooms({ freeInodes: null }) }), 'other'],
    ['no room in /dev/shm', failure({ diskSpaces: rooms({ path: '/dev/shm', freeBytes: 0 }) }), 'shm-full'],
    [
      'a full disk, and a short table',
      leak({ use: known(use(10)), diskSpaces: rooms({ freeBytes: 0 }) }),
      'disk-full',
    ],
    ['a full disk, and a full table', leak({ diskSpaces: rooms({ freeBytes: 0 }) }), 'semaphore-leak'],
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
    t.equal(withUnit({ active }), 'none', active);
  t.equal(withUnit({ active: 'inactive', result: 'success' }), 'stopped-by-admin');
  t.equal(withUnit({ load: 'masked' }), 'stopped-by-admin');
});

void t.test('only an exit of httpd itself can be caused by a full table', async (t) => {
  const withResult = (result: string) => findCause(leak({ unit: known(failedUnit({ result })) })).cause;
  for (const result of ['exit-code', 'protocol', 'resources', 'start-limit-hit'])
    t.equal(withResult(result), 'semaphore-leak', result);
  for (const result of ['signal', 'core-dump', 'timeout', 'oom-kill', 'watchdog', 'success'])
    t.equal(withResult(result), 'other', result);
});

void t.test('the record of ExecStopPost= decides if the table has free sets again', async (t) => {
  const cleared = (over: object) =>
    findCause(failure({ ending: ending({ use: use(12), orphans: 9, ...over }) })).cause;
  t.equal(cleared({}), 'semaphore-leak');
  t.equal(cleared({ orphans: 0 }), 'semaphore-demand');
  t.equal(cleared({ use: use(3) }), 'other', 'when it had room then, too');
  t.equal(cleared({ use: null }), 'other');
  t.equal(cleared({ byItself: false }), 'stopped-by-admin', 'a wished end is none');
  t.equal(cleared({ result: 'signal' }), 'other');
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
  },
);

void t.test('findCause does not depend on log lines', async (t) => {
  t.equal(findCause.length, 1);
  for (const { sample } of RULES) {
    for (const facts of [failure(), failure({ ending: ending() }), leak({ sysvMutexes: 0 })])
      t.notMatch(explainFailure(facts, [line(sample)]).cause, /^semaphore/, sample);
  }
});

void t.test('without facts of the machine, log lines decide', async (t) => {
  const told = (...lines: string[]) =>
    explainFailure(
      failure(),
      lines.map((text) => line(text)),
    ).cause;
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
  t.equal(told(NO_ROOM), 'semaphore-demand');
  t.equal(told(NO_ROOM, PORT), 'semaphore-demand', 'a line of semaphores bears it out');
  t.equal(explainFailure(leak({ orphans: 0 }), [line(PORT)]).cause, 'semaphore-demand', 'a full one is sure');
});

void t.test('a log line is shown with the matching cause', async (t) => {
  const { cause, evidence } = explainFailure(leak(), [line(NO_ROOM), line('AH00016: Configuration Failed')]);
  t.equal(cause, 'semaphore-leak');
  t.strictSame(
    evidence.map(({ rule }) => rule),
    ['table', 'orphans', 'line'],
  );
  t.equal(evidence.at(-1)?.saw, NO_ROOM, 'not the one that only follows');
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
});
