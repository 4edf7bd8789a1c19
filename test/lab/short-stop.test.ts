import t from 'tap';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

void t.test('a unit with a short TimeoutStopSec= is guarded, and its hook ends in that time', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await apache.dropIn('20-hurry.conf', 'TimeoutStopSec=2');
  await Guard.install(lab, apache);
  t.match(await lab.sh('systemctl cat apache2'), /post-stop \S+ %n 0\.3 1 0\.3(\n|$)/);
  t.equal((await lab.run('httpd-guard', 'status', '--quiet')).exitCode, 0);

  await t.test('the stop that runs out of time leaks, and the hook removes it', async (t) => {
    await apache.start();
    const used = await setIds(lab, WWW_DATA);
    t.ok(used.length > 0);
    // A stop that hangs, as a request that never ends makes it; then systemd kills everything.
    await apache.dropIn('30-hang.conf', 'ExecStop=', 'ExecStop=/bin/sleep 60', 'KillSignal=SIGCONT');
    const beganMs = performance.now();
    await lab.sh('systemctl stop apache2');
    t.ok(performance.now() - beganMs < 20_000);
    t.equal((await lab.sh('systemctl show -P Result apache2')).trim(), 'timeout');
    await until('the sets to be removed', async () => {
      const left = await setIds(lab, WWW_DATA);
      return used.some((id) => left.includes(id)) ? null : true;
    });
    await lab.sh('rm /etc/systemd/system/apache2.service.d/30-hang.conf; systemctl daemon-reload');
  });

  await t.test('a hook that hangs ends before systemd would kill it', async (t) => {
    await lab.sh('systemctl reset-failed apache2');
    await apache.start();
    await lab.sh(
      'cp /usr/lib/httpd-guard/httpd-guard.cjs /root; echo "for (;;);" >/usr/lib/httpd-guard/httpd-guard.cjs',
    );
    await apache.kill9();
    const journal = await lab.sh('journalctl --sync; journalctl -q -o cat -u apache2');
    t.match(journal, 'post-stop of apache2.service timed out');
    t.notMatch(journal, /stop-post.*timed out/i);
    t.equal((await lab.sh('systemctl show -P Result apache2')).trim(), 'signal');
    await lab.sh('cp /root/httpd-guard.cjs /usr/lib/httpd-guard');
  });
});
