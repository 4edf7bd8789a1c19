import t from 'tap';
import { lastJob, neverBegan } from '../../../src/core/units/unit-job.ts';

// As systemd 252 writes them, without the fields that are not read.
const entry = (over: object) =>
  JSON.stringify({
    __REALTIME_TIMESTAMP: '1700000000123456',
    JOB_TYPE: 'start',
    JOB_RESULT: 'dependency',
    INVOCATION_ID: 'abc',
    MESSAGE: 'Dependency failed for apache2.service - The Apache HTTP Server.',
    ...over,
  });

void t.test('the end of a job', async (t) => {
  t.strictSame(lastJob([entry({})]), {
    type: 'start',
    invocationId: 'abc',
    atMs: 1_700_000_000_123,
    result: 'dependency',
    message: 'Dependency failed for apache2.service - The Apache HTTP Server.',
    ranMs: null,
  });
  for (const message of [
    'apache2.service was skipped because of an unmet condition check (ConditionPathExists=/nowhere).',
    'Condition check resulted in The Apache HTTP Server being skipped.',
  ])
    t.match(lastJob([entry({ JOB_RESULT: 'done', MESSAGE: message })]), { result: 'skipped' });
  t.match(lastJob([entry({ INVOCATION_ID: [1], MESSAGE: null })]), { invocationId: '', message: '' });
  for (const line of [
    '',
    '{',
    'null',
    entry({ JOB_RESULT: '' }),
    entry({ JOB_TYPE: 1 }),
    entry({ __REALTIME_TIMESTAMP: 'x' }),
  ])
    t.equal(lastJob([line]), null, line);
});

void t.test('whether anything of the unit ran', async (t) => {
  const job = (result: string, type = 'start') => ({ type, atMs: 10, result });
  for (const result of ['dependency', 'assert', 'skipped']) t.ok(neverBegan(job(result), 9, 20), result);
  t.notOk(neverBegan(job('dependency'), 10, 10), 'a run began since');
  t.notOk(neverBegan(job('failed'), 9, 9));
  t.notOk(neverBegan(job('dependency', 'stop'), 9, 9));
  t.ok(neverBegan(job('timeout'), 8, 9), 'it waited for other units (JobTimeoutSec=)');
  t.notOk(neverBegan(job('timeout'), 8, 10), 'the unit was starting');
});

void t.test('how long the run of the last job lasted', async (t) => {
  const at = (ms: number, over: object) =>
    entry({ __REALTIME_TIMESTAMP: `${1_700_000_000_000_000 + ms * 1000}`, JOB_RESULT: undefined, ...over });
  const starting = at(0, { MESSAGE: 'Starting apache2.service ...' });
  const ended = (id: string) => at(140, { JOB_TYPE: undefined, MESSAGE_ID: id, MESSAGE: 'ended' });
  const started = at(141, { JOB_RESULT: 'done', MESSAGE: 'Started apache2.service.' });
  const success = '7ad2d189f7e94e70a38c781354912448';
  t.match(lastJob([starting, ended(success), started]), { type: 'start', result: 'done', ranMs: 140 });
  t.match(lastJob([starting, started, ended('d9b373ed55a64feb8242e02dbe79a49c')]), { ranMs: 140 });
  t.match(lastJob([starting, started]), { ranMs: null }, 'it goes on');
  const other = at(50, { INVOCATION_ID: 'def', MESSAGE_ID: success, JOB_TYPE: undefined });
  t.match(lastJob([starting, other, started]), { ranMs: null }, 'another run');
});

void t.test('a start that the start limit refused', async (t) => {
  const refused = entry({
    JOB_TYPE: undefined,
    JOB_RESULT: undefined,
    MESSAGE: 'apache2.service: Start request repeated too quickly.',
  });
  const failed = entry({ JOB_RESULT: 'failed', MESSAGE: 'Failed to start apache2.service.' });
  t.match(lastJob([refused, failed]), { result: 'start-limit-hit', message: /repeated too quickly/ });
  const later = entry({ JOB_RESULT: 'failed', __REALTIME_TIMESTAMP: '1700000060000000' });
  t.match(lastJob([refused, later]), { result: 'failed' }, 'an earlier refusal');
});
