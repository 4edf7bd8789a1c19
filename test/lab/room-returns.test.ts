import t from 'tap';
import { Apache, makeSets } from './apache.ts';
import { Guard, MOST_SETS } from './guard.ts';
import { Lab, until } from './lab.ts';

const STRANGER = 1234;

void t.test('a unit that failed because no set could be created is started once sets are free', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  const guard = await Guard.install(lab, apache);
  const check = async (): Promise<{ exitCode: number; stdout: string }> =>
    lab.run('httpd-guard', 'check', '--format', 'nagios');

  for (const hooks of [true, false])
    await t.test(hooks ? 'with the hooks' : 'without them', async (t) => {
      if (!hooks) await apache.dropIn('zz.conf', 'ExecStartPre=', 'ExecStopPost=');
      await lab.run('systemctl', 'stop', apache.unit);
      await makeSets(lab, MOST_SETS, { uid: STRANGER, as: STRANGER });
      const since = await guard.mark();
      t.equal((await lab.run('systemctl', 'start', apache.unit)).exitCode, 1);
      t.match(await guard.told(/left alone/, since), 'semaphore-demand');
      await guard.rests();
      await lab.sh('ipcrm --all=sem');
      const down = await check();
      t.equal(down.exitCode, 2, 'critical, whatever the table shows now');
      t.match(down.stdout, /CRITICAL.*is down/);
      await until('it to serve again', async () => ((await apache.serves()) ? true : null));
      t.match(await guard.told(/serves again/, since), apache.unit);
      // That its hooks are missing is a warning.
      t.equal((await check()).exitCode, hooks ? 0 : 1);
    });
});
