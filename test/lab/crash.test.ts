import t from 'tap';
import { Apache } from './apache.ts';
import { Guard, failForSets } from './guard.ts';
import { Lab, until } from './lab.ts';

/** The smallest of each that its mkfs makes. */
const FILE_SYSTEMS = [
  ['ext4', 'mkfs.ext4 -q -F', 16],
  ['xfs', 'mkfs.xfs -q -f', 300],
  ['btrfs', 'mkfs.btrfs -q -f', 128],
] as const;

const STATE = '/var/lib/httpd-guard';
const UNITS = '/etc/systemd/system/apache2.service.d';

void t.test('what was written is there after the power fails, on real file systems', async (t) => {
  const lab = await Lab.bootWithFaults();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  const guard = await Guard.install(lab, apache);
  guard.configure('settle = 0.5');

  /** A folder as it is after the power fails now: of a mounted file system, only what has reached its image. */
  const afterCrash = async (type: string, folder: string, read: string): Promise<string> => {
    await lab.sh(`cp --sparse=always /root/${type}.img /root/crashed.img; umount ${folder}`);
    await lab.mountImage('/root/crashed.img', '/mnt/crashed', type);
    const { stdout } = await lab.run('sh', '-c', `cat /mnt/crashed/${read}; ls -a /mnt/crashed`);
    await lab.sh('umount /mnt/crashed; rm /root/crashed.img');
    return stdout;
  };

  for (const [type, mkfs, mib] of FILE_SYSTEMS)
    await t.test(type, async (t) => {
      const mount = async (folder: string): Promise<void> => {
        await lab.sh(`truncate -s ${mib}M /root/${type}.img && ${mkfs} /root/${type}.img`);
        await lab.sh(`rm -rf /tmp/kept; cp -a ${folder} /tmp/kept`);
        await lab.mountImage(`/root/${type}.img`, folder, type);
        await lab.sh(`cp -a /tmp/kept/. ${folder}/; sync -f ${folder}`);
      };
      await guard.forgetTries();
      await mount(STATE);
      const mark = await guard.mark();
      await failForSets(apache);
      await guard.told(/serves again/, mark);
      const state = await afterCrash(type, STATE, 'apache2.service.recoveries');
      t.match(state, /^\{"triesMs":\[\d+\],"gaveUp":false\}/, 'the attempt is counted');
      await lab.sh('systemctl stop apache2; rm -f /etc/systemd/system/apache2.service.d/zz.conf');

      await lab.sh(`rm -f ${UNITS}/50-httpd-guard.conf`);
      await mount(UNITS);
      await lab.sh('httpd-guard install --unit apache2');
      const text = await lab.sh(`cat ${UNITS}/50-httpd-guard.conf`);
      t.match(await afterCrash(type, UNITS, '50-httpd-guard.conf'), text.trim(), 'the drop-in is whole');
      await lab.sh('httpd-guard install --unit apache2');
    });

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
