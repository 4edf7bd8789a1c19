import { mkdirSync, mkdtempSync, rmSync, rmdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { known } from '../../../src/core/fact.ts';
import { NO_ACTIONS } from '../../../src/core/guard/action-counts.ts';
import { NO_ATTEMPTS, nextAttempt } from '../../../src/core/recovery/attempts.ts';
import { forgetAttempts, keepAttempts, readAttempts } from '../../../src/host/state/attempts.ts';
import { countActions, forgetActionCounts } from '../../../src/host/state/keep-action-counts.ts';
import { readActionCounts } from '../../../src/host/state/read-action-counts.ts';
import { keepUnderWay, takeRequest, takeUnderWay } from '../../../src/host/state/take-request.ts';
import { waitingRequest, writeRequest } from '../../../src/host/state/write-request.ts';
import { keepRunEnding } from '../../../src/host/state/keep-run-ending.ts';
import { readRunEnding } from '../../../src/host/state/read-run-ending.ts';
import { ending } from '../../core/diagnosis/failure-builder.ts';

void t.test('only the ending of exactly that run is found', async (t) => {
  const directory = t.testdir({});
  const last = ending();
  keepRunEnding('x.service', last, [directory]);
  t.strictSame(readRunEnding('x.service', last.invocationId, [directory]), last);
  t.equal(readRunEnding('x.service', 'another', [directory]), null);
  t.equal(readRunEnding('y.service', last.invocationId, [directory]), null);
  keepRunEnding('x.service', { ...last, invocationId: '' }, [directory]);
  t.equal(readRunEnding('x.service', '', [directory]), null, 'a systemd that counts no runs');
  writeFileSync(`${directory}/x.service.ending`, '{');
  t.equal(readRunEnding('x.service', last.invocationId, [directory]), null);
});

void t.test('recoveries are written and read; a file that cannot be read is unknown', async (t) => {
  const directory = t.testdir({});
  t.strictSame(readAttempts('x.service', [directory]), known(NO_ATTEMPTS));
  keepAttempts('x.service', { triesMs: [1], gaveUp: true }, [directory]);
  t.strictSame(readAttempts('x.service', [directory]), known({ triesMs: [1], gaveUp: true }));
  rmSync(`${directory}/x.service.recoveries`);
  mkdirSync(`${directory}/x.service.recoveries`);
  t.match(readAttempts('x.service', [directory]), { known: false, why: 'x.service.recoveries' });
  rmdirSync(`${directory}/x.service.recoveries`);
  forgetAttempts('x.service', [directory]);
  t.strictSame(readAttempts('x.service', [directory]), known(NO_ATTEMPTS));
});

void t.test('a damaged file counts as all attempts used, and heals with the window', async (t) => {
  const directory = t.testdir({});
  const path = `${directory}/x.service.recoveries`;
  for (const text of ['', '{', 'null', '{"triesMs":[]}', '\0\0\0']) {
    writeFileSync(path, text);
    const attempts = readAttempts('x.service', [directory]);
    if (!attempts.known) throw new Error(attempts.why);
    t.equal(nextAttempt(attempts.value, Date.now()), null, text);
    t.strictSame(nextAttempt(attempts.value, Date.now() + 10 * 60_000), { waitMs: 0 }, text);
  }
  const [future] = [Date.now() / 1000 + 90_000];
  utimesSync(path, future, future);
  const attempts = readAttempts('x.service', [directory]);
  t.ok(attempts.known && Math.max(...attempts.value.triesMs) <= Date.now(), 'of a clock that was set back');
});

void t.test(
  'with /var full or read-only, attempts are counted in /run, and endings the other way round',
  async (t) => {
    const directory = t.testdir({ file: '' });
    const [broken, works] = [`${directory}/file/no`, `${directory}/works`];
    t.ok(keepAttempts('x.service', { triesMs: [1, 2], gaveUp: false }, [broken, works]).ok);
    t.strictSame(readAttempts('x.service', [directory, works]), known({ triesMs: [1, 2], gaveUp: false }));
    t.ok(keepAttempts('x.service', { triesMs: [1, 2, 3], gaveUp: false }, [directory, works]).ok);
    t.match(readAttempts('x.service', [directory, works]), { value: { triesMs: [1, 2, 3] } }, 'the latest');
    t.match(readAttempts('x.service', [works, directory]), { value: { triesMs: [1, 2, 3] } }, 'in any order');
    t.match(keepAttempts('x.service', { triesMs: [1], gaveUp: false }, [broken]), { ok: false });
    forgetAttempts('x.service', [directory, works]);
    t.strictSame(readAttempts('x.service', [directory, works]), known(NO_ATTEMPTS));

    const full = mkdtempSync(`${tmpdir()}/full-`);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', full]);
    t.teardown(() => {
      spawnSync('umount', ['-l', full]);
      rmdirSync(full);
    });
    writeFileSync(`${full}/filler`, 'x'.repeat(4_096));
    t.ok(keepAttempts('x.service', { triesMs: [4, 5, 6], gaveUp: true }, [broken, full]).ok, 'in a link');
    t.strictSame(readAttempts('x.service', [full]), known({ triesMs: [4, 5, 6], gaveUp: true }));
    t.ok(keepAttempts('x.service', { triesMs: [7], gaveUp: true }, [full]).ok);
    t.strictSame(readAttempts('x.service', [full]), known({ triesMs: [7], gaveUp: true }));
    writeRequest(['a.service'], full);
    t.strictSame(takeRequest(full, `${full}/taken`)?.names, [''], 'an empty request is about all units');

    const last = ending();
    t.ok(keepRunEnding('x.service', last, [broken, works]).ok);
    t.strictSame(readRunEnding('x.service', last.invocationId, [directory, works]), last);
    t.match(keepRunEnding('x.service', last, [broken]), { ok: false });
  },
);

void t.test('a request is taken once, and an invalid one is empty', async (t) => {
  const directory = t.testdir({});
  const taken = `${directory}/root/request`;
  const take = (): readonly string[] | undefined => takeRequest(directory, taken)?.names;
  t.equal(take(), undefined, 'none');
  writeRequest(['a.service', 'b.service'], directory);
  t.strictSame(waitingRequest(directory), ['a.service', 'b.service']);
  t.strictSame(take(), ['a.service', 'b.service']);
  t.equal(take(), undefined);
  t.strictSame(waitingRequest(directory), []);

  symlinkSync('/etc/passwd', `${directory}/request`);
  t.strictSame(take(), [], 'a link is not followed');
  spawnSync('mkfifo', [`${directory}/request`]);
  t.strictSame(take(), [], 'a pipe is not waited for');
  writeFileSync(`${directory}/request`, 'a.service\n'.repeat(1e5));
  t.ok((take() ?? []).length < 1000, 'one without end is cut');
  mkdirSync(`${directory}/request`);
  t.strictSame(take(), [], 'a directory');

  writeRequest(['a.service'], directory);
  // As out of a mount of its own, or where root's own folder is read-only.
  const elsewhere = `${directory}/file/request`;
  writeFileSync(`${directory}/file`, '');
  t.strictSame(
    takeRequest(directory, elsewhere),
    { names: ['a.service'], stays: null },
    'one that cannot be moved is read where it is',
  );
  t.strictSame(waitingRequest(directory), [], 'and removed');
});

void t.test('the units of a killed run are returned once', async (t) => {
  const folder = t.testdir({ run: { request: 'c.service' } });
  const [path, taken] = [`${folder}/run/under-way`, `${folder}/run/request`];
  t.strictSame(takeUnderWay(path, taken), ['c.service'], 'of a request that was taken and not recorded');
  t.strictSame(takeUnderWay(path, taken), []);
  keepUnderWay(['a.service', 'b.service'], path, taken);
  t.strictSame(takeUnderWay(path, taken), ['a.service', 'b.service']);
  t.strictSame(takeUnderWay(path, taken), []);
  keepUnderWay(['a.service'], path, taken);
  keepUnderWay([], path, taken);
  t.strictSame(takeUnderWay(path, taken), []);
  keepUnderWay(['a.service'], '/etc/passwd/under-way', taken);
});

void t.test('actions are counted for metrics; a damaged file starts again', async (t) => {
  const directory = t.testdir({});
  t.strictSame(readActionCounts('x.service', directory), known(NO_ACTIONS));
  countActions('x.service', { removed: 3 }, directory);
  countActions('x.service', { removed: 2, recovered: 1 }, directory);
  t.match(readActionCounts('x.service', directory), { value: { removed: 5, recovered: 1 } });
  for (const text of ['', 'null', '{"removed":-1}']) {
    writeFileSync(`${directory}/x.service.counts`, text);
    t.match(readActionCounts('x.service', directory), { known: false, why: 'x.service.counts' }, text);
  }
  countActions('x.service', { removed: 1 }, directory);
  t.match(readActionCounts('x.service', directory), { value: { removed: 1 } });
  countActions('x.service', { removed: 1 }, '/dev/null/nowhere');
  forgetActionCounts('x.service', directory);
  t.strictSame(readActionCounts('x.service', directory), known(NO_ACTIONS));
});
