import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import { known } from '../../../src/core/fact.ts';
import { NO_ATTEMPTS } from '../../../src/core/recovery/attempts.ts';
import { AttemptsInMemory } from '../../../src/workflows/recovery/attempts-in-memory.ts';

void t.test('attempts that no file takes are counted in memory, beside those in the files', async (t) => {
  const works = new AttemptsInMemory([t.testdir({})]);
  t.ok(works.keep('x.service', { triesMs: [1_000], gaveUp: false }).ok);
  t.notOk(works.areNeeded(1_000));
  const full = mkdtempSync(`${tmpdir()}/read-only-`);
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', full]);
  t.teardown(() => {
    spawnSync('umount', ['-l', full]);
    rmdirSync(full);
  });
  const inMemory = new AttemptsInMemory([full]);
  t.strictSame(inMemory.read('x.service'), known(NO_ATTEMPTS));
  t.match(inMemory.keep('x.service', { triesMs: [1_000], gaveUp: false }), { ok: false, why: 'read-only' });
  t.strictSame(inMemory.read('x.service'), known({ triesMs: [1_000], gaveUp: false }));
  t.strictSame(inMemory.read('y.service'), known(NO_ATTEMPTS));
  t.ok(inMemory.areNeeded(1_000 + 599_000));
  t.notOk(inMemory.areNeeded(1_000 + 600_000), 'the window is over');
});
