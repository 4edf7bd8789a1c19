import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

/** Of the tests on another suite only this is left where its mirror cannot be reached: they must not hang. */
void t.test('a root of the lab without a mirror is refused at once, in one line', (t) => {
  const cache = mkdtempSync(join(tmpdir(), 'httpd-guard-roots-'));
  t.teardown(() => {
    rmSync(cache, { recursive: true });
  });
  // Port 9 is discard, where nothing listens.
  const mirror = 'http://127.0.0.1:9/debian';
  const { status, stdout, stderr } = spawnSync('test/lab/build-root.sh', {
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      PATH: process.env['PATH'],
      no_proxy: '127.0.0.1',
      HTTPD_GUARD_LAB_CACHE: cache,
      HTTPD_GUARD_LAB_MIRROR: mirror,
      HTTPD_GUARD_LAB_SUITE: 'bullseye',
    },
  });
  t.equal(status, 1);
  t.equal(stdout, '');
  const [, reason, ...more] = stderr.trimEnd().split('\n');
  t.equal(
    reason,
    `lab: no root of Debian bullseye: these mirrors do not answer or do not have it: ${mirror}`,
  );
  t.strictSame(more, []);
  t.end();
});
