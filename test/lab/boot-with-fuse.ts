import { readFileSync } from 'node:fs';
import { execaSync } from 'execa';
import type { Test } from 'tap';
import { Lab } from './lab.ts';

/** A lab in which root and users can mount file systems of the tests' own server, /root/fuse-server. */
export async function bootWithFuse(t: Test): Promise<Lab> {
  const lab = await Lab.boot();
  t.teardown(async () => {
    // Ends every wait for the file systems.
    await lab.run('pkill', '-9', '-f', 'fuse-server');
    lab.end();
  });
  // nspawn makes no such device; from outside it can be made.
  execaSync('mknod', ['-m', '666', `/proc/${lab.initPid}/root/dev/fuse`, 'c', '10', '229']);
  lab.write('root/fuse-server', readFileSync(new URL('fuse-server.pl', import.meta.url), 'utf8'), 0o755);
  return lab;
}
