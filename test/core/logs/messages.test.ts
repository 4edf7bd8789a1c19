import t from 'tap';
import { CREATE_FAILED_WORDS, QUICK_WORDS, matchLine, matchesOf } from '../../../src/core/logs/match-line.ts';
import { MESSAGE_KINDS } from '../../../src/core/logs/message-rule.ts';
import { RULES } from '../../../src/core/logs/messages.ts';
import { UNLISTED_RULES } from '../../../src/core/logs/unlisted-rules.ts';
import { SAMPLES } from './message-samples.ts';

void t.test('every rule matches its sample, and no other rule does', async (t) => {
  for (const { id, kind, sample } of RULES) {
    const matches = matchesOf(sample);
    t.same(
      matches.map(({ rule }) => rule),
      [id],
      id,
    );
    t.equal(matches[0]?.kind, kind, id);
  }
});

void t.test(
  'every rule for unlisted messages matches its sample, which no rule of the catalogue does',
  async (t) => {
    for (const { id, kind, sample } of UNLISTED_RULES) {
      t.strictSame(
        matchesOf(sample).map((match) => [match.rule, match.kind]),
        [[id, kind]],
        id,
      );
    }
  },
);

void t.test('every rule has a unique id, a product and a sample', async (t) => {
  t.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length);
  for (const { id, product, sample } of RULES) {
    t.not(product, '', id);
    t.not(sample, '', id);
  }
});

void t.test('every kind has a rule', async (t) => {
  for (const kind of MESSAGE_KINDS)
    t.ok(
      RULES.some((rule) => rule.kind === kind),
      kind,
    );
});

void t.test('every sample has the listed kind', async (t) => {
  for (const { what, line, kind, errno, path } of SAMPLES) {
    if (path !== undefined) t.equal(matchLine(line)?.path, path, `${what}: ${line}`);
    t.equal(matchLine(line)?.kind ?? null, kind, `${what}: ${line}`);
    if (errno !== undefined) t.equal(matchLine(line)?.errno, errno, `${what}: ${line}`);
  }
});

void t.test('every sample has a result', async (t) => {
  const results: unknown[] = [null, ...MESSAGE_KINDS];
  for (const { what, kind } of SAMPLES) t.ok(results.includes(kind), what);
});

void t.test('no sample matches two rules', async (t) => {
  for (const { line } of SAMPLES) t.ok(matchesOf(line).length < 2, line);
});

void t.test('every rule matches a sample of the list', async (t) => {
  const met = new Set(SAMPLES.flatMap(({ line }) => matchesOf(line).map(({ rule }) => rule)));
  for (const { id } of RULES) t.ok(met.has(id), id);
});

void t.test('every line of a known kind contains one of the quick words', async (t) => {
  t.ok(QUICK_WORDS.length <= 14);
  const lines = [
    ...RULES.map(({ sample }) => sample),
    ...SAMPLES.filter(({ kind }) => kind !== null).map(({ line }) => line),
  ];
  for (const line of lines)
    t.ok(
      QUICK_WORDS.some((word) => line.includes(word)),
      line,
    );
});

void t.test('no line matches if a client sent it', async (t) => {
  for (const { line } of SAMPLES) {
    t.equal(
      matchLine(`[core:info] [client 192.0.2.7:5] AH00128: File does not exist: /x${line}`),
      null,
      line,
    );
    t.equal(
      matchLine(`(36)File name too long: [client 192.0.2.7:5] AH00036: access to ${line} failed`),
      null,
      line,
    );
    t.equal(
      matchLine(`192.0.2.7 - - [21/Nov/2026:05:20:58 +0000] "GET /${line} HTTP/1.1" 404 196`),
      null,
      line,
    );
  }
});

void t.test('only the beginning of a line is matched', async (t) => {
  const message = "(28)No space left on device: AH00023: Couldn't create the proxy mutex ";
  t.equal(matchLine(`${message}${'x'.repeat(2 ** 20)}`)?.kind, 'create-failed');
  t.equal(matchLine(`${'x'.repeat(4096)}${message}`), null);
});

void t.test('a hostile line of 1 MiB takes no longer than its first 4 KiB', async (t) => {
  const parts = [
    "Couldn't create accept lock (",
    "Couldn't create the ",
    'failed to create mutex (5) on file ',
    '[client 192.0.2.7] ',
    '[client 192.0.2.7] (22)Invalid argument: ',
    '(28)No space left on device: ',
    'apr_global_mutex_lock(',
    'mutex creation of x',
    'utex (((((',
    'lock',
  ];
  const lines = parts.map((part) => part.repeat(Math.ceil(2 ** 20 / part.length)));
  const began = process.cpuUsage();
  for (const line of lines) matchLine(line);
  const { user, system } = process.cpuUsage(began);
  // Some milliseconds; one quadratic pattern over 1 MiB would take minutes.
  t.ok(user + system < 1_000_000, `${(user + system) / 1000} ms of CPU`);
});

void t.test("every line about a failed creation contains one of the watcher's words", async (t) => {
  const lines = [...RULES.map(({ sample }) => sample), ...SAMPLES.map(({ line }) => line)];
  for (const line of lines.filter((one) => matchLine(one)?.kind === 'create-failed'))
    t.ok(
      CREATE_FAILED_WORDS.some((word) => line.includes(word)),
      line,
    );
});
