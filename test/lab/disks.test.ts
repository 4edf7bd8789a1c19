import t from 'tap';
import { Apache } from './apache.ts';
import { Lab } from './lab.ts';

/** The smallest of each that its mkfs makes. */
const FILE_SYSTEMS = [
  ['ext4', 'mkfs.ext4 -q', 8],
  ['xfs', 'mkfs.xfs -q', 300],
  ['btrfs', 'mkfs.btrfs -q', 128],
] as const;

void t.test('a full disk is named with its folder, on real file systems', async (t) => {
  const lab = await Lab.bootWithFaults();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  await lab.installGuard();

  for (const [type, mkfs, mib] of FILE_SYSTEMS)
    await t.test(type, async (t) => {
      const folder = `/mnt/${type}`;
      await lab.sh(`truncate -s ${mib}M /root/${type}.img && ${mkfs} /root/${type}.img`);
      await lab.mountImage(`/root/${type}.img`, folder, type);
      lab.write(
        'etc/apache2/conf-enabled/zz.conf',
        `PidFile ${folder}/apache2.pid\nErrorLog ${folder}/error.log\n`,
      );
      // Blocks that are reserved even from root stay free: statvfs(3) never shows 0.
      const fill = `mountpoint -q ${folder} && { dd if=/dev/zero of=${folder}/full bs=64k count=${mib * 16} 2>/dev/null; for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=${folder}/full$i bs=1k count=4096 2>/dev/null; done; true; }`;
      await lab.sh(fill);
      await apache.tryStart();
      const { stdout } = await lab.run('httpd-guard', 'diagnose', '--json');
      t.match(JSON.parse(stdout), {
        cause: 'disk-full',
        evidence: [
          {
            rule: 'disk',
            saw: new RegExp(`^${folder} \\(ErrorLog\\) is full \\(${type} on /root/loop\\d+\\)$`),
          },
        ],
      });
      const check = await lab.run('httpd-guard', 'check', '--format', 'nagios');
      t.match(check, { exitCode: 1, stdout: `is down (disk-full): ${folder} ` });
      t.notOk((await lab.sh(`ls ${folder}`)).includes('#'), 'the trial leaves nothing behind');

      await lab.sh(`rm ${folder}/full*; sync -f ${folder}`);
      t.ok(await apache.tryStart(), 'the advice helps: with free space it starts');

      await lab.sh('systemctl stop apache2');
      lab.write(
        'etc/apache2/conf-enabled/zz.conf',
        `<VirtualHost *:81>\nErrorLog ${folder}/host.log\n</VirtualHost>\n`,
      );
      await lab.sh(fill);
      const starts = await apache.tryStart();
      // ext4 and btrfs create an empty file without a free block.
      t.equal(starts, type !== 'xfs', 'a new log of a virtual host');
      if (!starts)
        t.match(JSON.parse((await lab.run('httpd-guard', 'diagnose', '--json')).stdout), {
          cause: 'disk-full',
          evidence: [{ saw: new RegExp(`^${folder} \\(ErrorLog\\) is full`) }, { rule: 'line' }],
        });
      await lab.sh(`systemctl stop apache2; rm /etc/apache2/conf-enabled/zz.conf; umount ${folder}`);
    });
});
