import t from 'tap';
import { Apache } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

const UNITS = '/etc/systemd/system/apache2.service.d';

void t.test('what a crash leaves of files is healed, and other users cannot hold a lock', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  await Guard.install(lab, apache);

  await t.test('an empty or torn drop-in is ours: install heals it, uninstall removes it', async (t) => {
    const path = `${UNITS}/50-httpd-guard.conf`;
    const text = await lab.sh(`cat ${path}`);
    for (const torn of ['', text.slice(0, 20), text.slice(0, 90), '\0\0\0\0']) {
      lab.write(path, torn);
      await lab.sh('httpd-guard install --unit apache2');
      t.equal(await lab.sh(`cat ${path}`), text, JSON.stringify(torn));
    }
    lab.write(path, '');
    t.match(await lab.sh('httpd-guard uninstall --unit apache2'), `removed ${path}`);
    t.not((await lab.run('test', '-e', path)).exitCode, 0);
    t.not((await lab.run('test', '-e', '/run/httpd-guard-locks')).exitCode, 0);
    t.notMatch(
      (await lab.run('systemctl', 'list-units', '--all', '--plain', 'httpd-guard*')).stdout,
      'httpd-guard-',
    );
  });

  await t.test('a lock that another user cannot hold', async (t) => {
    await lab.sh('httpd-guard install --unit apache2');
    const { exitCode } = await lab.run(
      'setpriv',
      '--reuid=1000',
      '--clear-groups',
      'flock',
      '-n',
      '/run/httpd-guard-locks/install',
      'true',
    );
    t.not(exitCode, 0);
    t.match(await lab.sh('stat -c %a /run/httpd-guard-locks /run/httpd-guard-locks/install'), /^700\n600$/);
    await until('the watcher', async () =>
      (await lab.run('systemctl', 'is-active', '-q', 'httpd-guard-watch')).exitCode === 0 ? true : null,
    );
  });
});
