import t from 'tap';
import { Apache } from './apache.ts';
import { Guard, fillTable } from './guard.ts';
import { Lab, until } from './lab.ts';
import { STAND_IN_UNIT, installStandIn } from './stand-in.ts';

void t.test('httpd 2.2 exits with success if no set can be created', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await installStandIn(lab);
  const httpd = new Apache(lab, STAND_IN_UNIT);
  const guard = await Guard.install(lab, httpd);
  const isActive = async (): Promise<true | null> =>
    (await lab.run('systemctl', 'is-active', STAND_IN_UNIT)).stdout === 'active' ? true : null;
  const show = (property: string): Promise<string> =>
    lab.sh(`systemctl show -P ${property} ${STAND_IN_UNIT}`);

  await t.test('it is recovered', async (t) => {
    await httpd.dropIn('zz.conf', 'ExecStartPre=');
    await fillTable(lab);
    const since = await guard.mark();
    t.equal((await lab.run('systemctl', 'start', STAND_IN_UNIT)).exitCode, 0, 'the start says OK');
    await guard.told(/serves again/, since);
    t.equal(await isActive(), true);
    t.match(lab.read('var/log/httpd.log'), "Couldn't create accept lock");
    t.match(
      await lab.sh(
        `journalctl -o cat -u ${STAND_IN_UNIT} MESSAGE_ID=e72fd98e7e3a4d33a272965867eb60b7 || journalctl -o cat -u ${STAND_IN_UNIT}`,
      ),
      'the semaphore table is full of sets leaked by a killed httpd',
    );
    await guard.rests();
  });

  await t.test('stopped by systemctl, it stays down', async (t) => {
    await lab.sh(`systemctl stop ${STAND_IN_UNIT}`);
    t.equal(await show('Result'), 'success');
    const since = await guard.mark();
    await guard.request(`echo ${STAND_IN_UNIT} >request`);
    t.match(await guard.told(/left alone/, since), 'stopped-by-admin');
    t.equal(await isActive(), null);
  });

  await t.test('killed by a signal while sets are free, it stays down', async (t) => {
    await guard.forgetTries();
    await lab.sh(`systemctl start ${STAND_IN_UNIT}`);
    await until('its set', async () => ((await lab.sh('wc -l </proc/sysvipc/sem')) !== '1' ? true : null));
    const since = await guard.mark();
    await lab.sh('kill $(cat /run/httpd.pid)');
    t.match(await guard.told(/left alone/, since), 'nothing to recover');
    t.equal(await isActive(), null);
    t.equal(await show('Result'), 'success');
  });
});
