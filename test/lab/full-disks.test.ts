import t from 'tap';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Guard, MOST_SETS, failForSets, failForSetsWithHooks } from './guard.ts';
import { Lab, until } from './lab.ts';

const STATE = '/var/lib/httpd-guard';
const RUN = '/run/httpd-guard';
const REQUEST = '/run/httpd-guard-watch';
/** Before the second attempt. */
const BACK_OFF_MS = 5_000;

/** Puts a file system of its own over a folder, with what is in it, and makes it full or read-only. */
const cover = (folder: string, how: 'full' | 'read-only'): string =>
  [
    `mkdir -p ${folder} /tmp/kept && rm -rf /tmp/kept/* && cp -a ${folder}/. /tmp/kept/`,
    `mount -t tmpfs -o size=64k,mode=755 none ${folder}`,
    `cp -a /tmp/kept/. ${folder}/`,
    `chown --reference=/tmp/kept ${folder}`,
    how === 'full'
      ? `mountpoint -q ${folder} && head -c 65536 /dev/zero >${folder}/filler 2>/dev/null; true`
      : `mount -o remount,ro ${folder}`,
  ].join('; ');

void t.test('httpd is recovered although state files cannot be written', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  const guard = await Guard.install(lab, apache);
  guard.configure('settle = 0.5');
  await lab.sh(`httpd-guard check || true; mkdir -p ${RUN}`);
  const isUp = (): Promise<true> =>
    until('it to serve', async () => ((await apache.serves()) ? true : null), 30_000);

  const cases: [string, readonly string[], string][] = [
    ['/var full', [STATE], 'full'],
    ['/var read-only', [STATE], 'read-only'],
    ['/run full', [RUN], 'full'],
    ['/run read-only', [RUN], 'read-only'],
    ['both full', [STATE, RUN], 'full'],
    ['both full, and the folder of the watcher', [STATE, RUN, REQUEST], 'full'],
  ];
  for (const [what, folders, how] of cases)
    for (const hooks of [true, false])
      await t.test(`${what}, ${hooks ? 'with' : 'without'} hooks`, async (t) => {
        await lab.run('systemctl', 'stop', 'apache2');
        await guard.forgetTries();
        await lab.sh(`rm -f ${RUN}/*.recoveries`);
        for (const folder of folders) await lab.sh(cover(folder, how as 'full'));
        const beganMs = performance.now();
        await (hooks ? failForSetsWithHooks(apache) : failForSets(apache));
        await isUp();
        const tookMs = performance.now() - beganMs;
        t.comment(
          `serves again after ${Math.round(tookMs)} ms; ${(await setIds(lab, WWW_DATA)).length} of ${MOST_SETS} sets`,
        );
        await lab.sh(
          `${folders.map((folder) => `umount -l ${folder}`).join('; ')}; rm -f /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload; systemctl restart httpd-guard-watch`,
        );
        await guard.rests();
      });

  await t.test('with both read-only, attempts are counted in the memory of the recovery', async (t) => {
    await lab.run('systemctl', 'stop', 'apache2');
    await guard.forgetTries();
    for (const folder of [STATE, RUN]) await lab.sh(cover(folder, 'read-only'));
    const mark = await guard.mark();
    await failForSets(apache);
    await guard.told(/serves again/, mark);
    t.match(await guard.told(/cannot be written: .*; they are counted in memory/, mark), 'read-only');
    t.ok(await apache.serves());
    const again = await guard.mark();
    const beganMs = performance.now();
    await failForSets(apache);
    await guard.told(/serves again/, again);
    t.ok(performance.now() - beganMs > BACK_OFF_MS, 'the second attempt waits, so the first one was counted');
    t.ok(await apache.serves());
    await lab.sh(`umount -l ${STATE} ${RUN}; systemctl stop httpd-guard-recover`);
  });

  // The first mount of /run cannot be: systemd and journald have files there open for writing (mount(2), EBUSY).
  for (const hooks of [true, false])
    await t.test(`all of /run read-only, ${hooks ? 'with' : 'without'} hooks`, async (t) => {
      await lab.run('systemctl', 'stop', 'apache2');
      await guard.newWatcher();
      await guard.rests();
      await guard.forgetTries();
      await lab.sh(
        'rm -rf /run/httpd-guard /run/httpd-guard-locks; mount --rbind /run /run; for name in apache2 dbus systemd; do mount --bind /run/$name /run/$name; done; mount -o remount,bind,ro /run',
      );
      const mark = await guard.mark();
      await (hooks ? failForSetsWithHooks(apache) : failForSets(apache));
      await isUp();
      await guard.told(/serves again/, mark);
      const refused = (await guard.said('recover', mark)).filter((line) =>
        line.includes('cannot be removed'),
      );
      t.match(refused, [/EROFS/], 'reported once');
      for (const command of ['install --unit apache2', 'uninstall', 'limits --raise 100'])
        t.match(
          await lab.run('sh', '-c', `httpd-guard ${command}`),
          { exitCode: 1, stderr: 'EROFS' },
          command,
        );
      t.equal((await lab.run('httpd-guard', 'check')).exitCode, hooks ? 0 : 1, 'a missing hook is a warning');
      await lab.sh('umount /run/apache2 /run/dbus /run/systemd; umount -R -l /run');
      await until('the request to be taken', async () =>
        (await lab.run('systemctl', 'is-active', '-q', 'httpd-guard-recover')).exitCode === 0 ? null : true,
      );
      await guard.rests();
      t.ok(await apache.serves());
      await lab.sh('rm -f /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload');
    });
});
