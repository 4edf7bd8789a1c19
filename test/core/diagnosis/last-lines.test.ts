import t from 'tap';
import { explainFailure } from '../../../src/core/diagnosis/explain-failure.ts';
import type { LogLine } from '../../../src/core/diagnosis/failure-facts.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import { ending, failedUnit, failure, leak, line } from './failure-builder.ts';

const { began } = failedUnit().run;
const ENDED_MS = began.realMs + 7_200_000;
/** A unit that ended two hours after its start. */
const ended = (result: string) =>
  known(
    failedUnit({
      result,
      run: {
        began,
        stamps: [began, { realMs: ENDED_MS, monotonicMs: 0 }],
        leavesNobody: true,
        isActive: true,
        invocationId: 'now',
        startPid: 0,
        main: null,
      },
    }),
  );
const PORT = '(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80';
const quoted = (facts: Parameters<typeof explainFailure>[0], lines: LogLine[]): string[] =>
  explainFailure(facts, lines).evidence.flatMap(({ rule, saw }) => (rule === 'line' ? [saw] : []));

void t.test('a line of hours before is not the reason', async (t) => {
  const old = line(PORT, { atMs: ENDED_MS - 3_600_000 });
  for (const [result, cause] of [
    ['signal', 'killed'],
    ['exit-code', 'other'],
    ['timeout', 'timeout'],
  ] as const) {
    const facts = failure({ unit: ended(result) });
    t.equal(explainFailure(facts, [old]).cause, cause, result);
    t.strictSame(quoted(facts, [old]), [], result);
    t.strictSame(quoted(facts, [line(PORT, { atMs: null })]), [], 'nor one of an unknown time');
  }
  const late = line(PORT, { atMs: ENDED_MS - 9_000 });
  t.equal(explainFailure(failure({ unit: ended('exit-code') }), [late]).cause, 'port-held-by-other');
});

void t.test('a run that was killed was killed, whatever its last line is', async (t) => {
  const causes = { signal: 'killed', 'core-dump': 'killed', watchdog: 'killed', 'oom-kill': 'out-of-memory' };
  for (const [result, cause] of Object.entries({ ...causes, timeout: 'timeout' })) {
    const last = line(PORT, { atMs: ENDED_MS - 100 });
    for (const facts of [
      failure({ unit: ended(result) }),
      failure({ unit: ended('exit-code'), ending: ending({ result }) }),
    ]) {
      t.equal(explainFailure(facts, [last]).cause, cause, result);
      t.strictSame(quoted(facts, [last]), [PORT], 'it is quoted beside it');
    }
  }
});

void t.test('the first fatal line is quoted, not its consequences', async (t) => {
  const lines = [
    '[x] [core:warn] AH00098: pid file /run/x.pid overwritten -- Unclean shutdown of previous Apache run?',
    '[x] [core:error] [client 192.0.2.1:5] AH00126: Invalid URI in request',
    '[x] [core:notice] AH00094: Command line',
    '[x] [core:emerg] (12)Cannot allocate memory: AH00004: no scoreboard',
    '[x] [core:emerg] AH00020: Configuration Failed, exiting',
    '[x] [core:alert] AH00050: Child 7 returned a Fatal error... Apache is exiting!',
  ].map((text) => line(text));
  t.match(quoted(failure(), lines), [/AH00004/]);
  const moved = lines.map((one, i) => ({ ...one, atMs: began.realMs + 1000 - i }));
  t.match(quoted(failure(), moved), [/AH00004/], 'also where two logs are not in order');
});

void t.test('the error of the operating system that one process logs right before it fails', async (t) => {
  const why =
    '[x] [socache_shmcb:error] [pid 7:tid 7] (12)Cannot allocate memory: AH00819: Could not allocate';
  const fatal = '[x] [ssl:emerg] [pid 7:tid 7] AH01874: Could not initialize session cache. Exiting.';
  const last = '[x] [:emerg] [pid 7:tid 7] AH00020: Configuration Failed, exiting';
  const quotes = (...texts: string[]) =>
    quoted(
      failure(),
      texts.map((text) => line(text)),
    );
  t.strictSame(quotes(why, fatal, last), [why]);
  t.strictSame(
    quotes(why.replace(/:tid 7/, ''), fatal, last),
    [why.replace(/:tid 7/, '')],
    'without threads',
  );
  t.strictSame(quotes(why.replace('pid 7', 'pid 8'), fatal), [fatal], 'of another process');
  t.strictSame(quotes(why.replace('] (', '] [client 192.0.2.1:1] ('), fatal), [fatal], 'about a client');
  t.strictSame(quotes(why.replace('(12)Cannot allocate memory: ', ''), fatal), [fatal], 'no error number');
  t.strictSame(quotes(why, why.replace('error', 'notice'), fatal), [fatal], 'not right before it');
});

void t.test('a line without level or date', async (t) => {
  const address =
    '(99)Cannot assign requested address: AH00072: make_sock: could not bind to address 203.0.113.9:80';
  t.strictSame(quoted(failure(), [line(address), line('no listening sockets available, shutting down')]), [
    address,
  ]);
  const french =
    '(99)L’adresse demandée n’est pas disponible: AH00072: make_sock: could not bind to address x';
  t.strictSame(quoted(failure(), [line(french)]), [french]);
});

void t.test('what the start command printed, where nothing else says anything', async (t) => {
  const printed = (text: string) => line(text, { isFromStart: true });
  const lines = [
    line('a hook printed this'),
    printed("AH00558: apache2: Could not reliably determine the server's fully qualified domain name"),
    printed(' '),
    printed('/run/apache2/socks is no folder'),
    printed("Action 'start' failed."),
  ];
  t.strictSame(quoted(failure(), lines), ['/run/apache2/socks is no folder']);
  t.strictSame(
    quoted(
      failure({ unit: ended('signal') }),
      lines.map((one) => ({ ...one, atMs: ENDED_MS })),
    ),
    [],
  );
  const error = line('[x] [ssl:error] [pid 1] AH02565: Certificate and private key do not match');
  t.strictSame(quoted(failure(), [...lines, error]), [error.text]);
});

void t.test('the line of the cause goes before others', async (t) => {
  const set = "(28)No space left on device: AH00023: Couldn't create the proxy mutex";
  t.strictSame(quoted(leak(), [line('[x:emerg] something'), line(set)]), [set]);
  const unclean = 'pid file /run/httpd.pid overwritten -- Unclean shutdown of previous Apache run?';
  t.strictSame(
    quoted(leak(), [line(unclean), line(set)]),
    [set, unclean],
    'in a leak, also that of the run before',
  );
  t.strictSame(quoted(failure(), [line(unclean)]), [], 'it is no reason');
});

void t.test('a run that goes on, and a unit that is not known', async (t) => {
  const gone = line("(43)Identifier removed: AH00144: couldn't grab the accept mutex", {
    atMs: began.realMs + 5,
  });
  const up = failure({
    unit: known(
      failedUnit({
        active: 'active',
        result: 'success',
        run: {
          began,
          stamps: [{ realMs: ENDED_MS, monotonicMs: 0 }],
          leavesNobody: true,
          isActive: true,
          invocationId: 'now',
          startPid: 0,
          main: null,
        },
      }),
    ),
  });
  t.equal(explainFailure(up, [line(PORT), gone]).cause, 'set-removed-while-live');
  t.equal(explainFailure(failure({ unit: unknown('x') }), [gone]).cause, 'unknown');
});
