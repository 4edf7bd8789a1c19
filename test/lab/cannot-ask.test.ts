import t from 'tap';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

/** Runs a command where neither perl nor ipcs(1) can ask the kernel who used a set last. */
const withoutTools = (command: string): string =>
  `unshare -m sh -c 'mount --bind /bin/false /usr/bin/perl; mount --bind /bin/false /usr/bin/ipcs; ${command}'`;
const withoutSemctl = (command: string): string =>
  `systemd-run -q --wait --pipe -p SystemCallFilter=~semctl -p SystemCallErrorNumber=EPERM ${command}`;

void t.test('where the kernel cannot be asked, the register proves nothing', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const older = await Apache.setUp(lab);
  const younger = await older.addInstance('b', 8080);
  const guard = await Guard.install(lab, older, younger);
  await lab.limitSets(50);
  await older.start();
  const living = await setIds(lab, WWW_DATA);
  await younger.dropIn('zz.conf', 'ExecStopPost=');
  await younger.start();
  await until('the look at the younger one', async () =>
    (await lab.sh('cat /var/lib/httpd-guard/register')).includes(younger.unit) ? true : null,
  );
  await guard.rests();
  const ofYounger = (await setIds(lab, WWW_DATA)).filter((id) => !living.includes(id));
  t.ok(ofYounger.length > 0);
  await younger.kill9();

  const sorted = (ids: readonly number[]): number[] => [...ids].sort((a, b) => a - b);
  for (const [what, without] of [
    ['a seccomp filter on semctl', withoutSemctl],
    ['no tool', withoutTools],
  ] as const) {
    const { stdout } = await lab.run('sh', '-c', without('httpd-guard clean'));
    // The lab is a container, where no set is judged by its age then.
    t.strictSame(
      sorted(await setIds(lab, WWW_DATA)),
      sorted([...living, ...ofYounger]),
      `${what}: ${stdout.split('\n')[0]}`,
    );
  }
  await lab.run('httpd-guard', 'clean');
  t.strictSame(
    sorted(await setIds(lab, WWW_DATA)),
    sorted(living),
    'once it can be asked, all orphans are removed',
  );
  t.ok(await older.serves());
  t.equal(await older.mutexErrors(), '');
});
