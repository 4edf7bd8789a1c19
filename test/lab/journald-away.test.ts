import t from 'tap';
import { Apache, setIds } from './apache.ts';
import { Guard, failForSets, failForSetsWithHooks } from './guard.ts';
import { Lab, until } from './lab.ts';

/** A hook ends within this time (units/gate, units/post-stop), and so does a start that fails. */
const MOST_FAIL_MS = 12_000;

const WAYS = [
  ['hung', 'systemctl kill -s STOP systemd-journald', 'systemctl kill -s CONT systemd-journald'],
  [
    'stopped with its sockets',
    'systemctl stop systemd-journald-audit.socket systemd-journald-dev-log.socket systemd-journald.socket systemd-journald.service 2>/dev/null || true',
    'systemctl start systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service',
  ],
] as const;

void t.test('journald is away when httpd fails, and back later: httpd is recovered', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  const guard = await Guard.install(lab, apache);
  guard.configure('settle = 0.5');
  await apache.start();

  for (const [what, away, back] of WAYS)
    for (const hooks of [true, false])
      await t.test(`${what}, ${hooks ? 'with' : 'without'} hooks`, async (t) => {
        await guard.rests();
        await guard.forgetTries();
        await lab.sh(away);
        const beganMs = performance.now();
        if (hooks) {
          await lab.run('systemctl', 'stop', 'apache2');
          await failForSetsWithHooks(apache);
        } else await failForSets(apache);
        const failedMs = performance.now() - beganMs;
        t.ok(failedMs < MOST_FAIL_MS, `the start fails after ${Math.round(failedMs)} ms`);
        const comesBack = (mostMs: number): Promise<boolean> =>
          until('it to serve', async () => ((await apache.serves()) ? true : null), mostMs).catch(
            () => false,
          );
        const meanwhile = await comesBack(10_000);
        await lab.sh(back);
        t.ok(await comesBack(60_000));
        t.comment(
          `${meanwhile ? 'serves before' : 'serves after'} journald is back; ${(await setIds(lab)).length} sets`,
        );
        await lab.sh('rm -f /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload');
      });

  await t.test('the watcher reads the journal again', async (t) => {
    const mark = await guard.mark();
    await lab.sh('systemctl stop apache2');
    await failForSets(apache);
    t.ok(await guard.told(/serves again/, mark));
  });
});
