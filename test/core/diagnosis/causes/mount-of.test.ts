import t from 'tap';
import { mountOf } from '../../../../src/core/diagnosis/causes/mount-of.ts';

const MOUNTS = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:26 / /run rw,nosuid - tmpfs tmpfs rw
41 22 7:3 / /var/log rw master:2 shared:9 - xfs /dev/loop3 rw
42 22 7:4 / /srv/with\\040space rw - btrfs /dev/mapper/a\\040b rw
43 41 7:5 / /var/log rw - ext4 /dev/loop5 rw
`;

void t.test('the file system of a folder is that of the mount that holds it', async (t) => {
  t.equal(mountOf(MOUNTS, '/'), 'ext4 on /dev/vda1');
  t.equal(mountOf(MOUNTS, '/var/lib'), 'ext4 on /dev/vda1');
  t.equal(mountOf(MOUNTS, '/run/apache2'), 'tmpfs');
  t.equal(mountOf(MOUNTS, '/running'), 'ext4 on /dev/vda1', 'a name that only begins alike');
  t.equal(mountOf(MOUNTS, '/var/log/apache2'), 'ext4 on /dev/loop5', 'the last of two at one place');
  t.equal(mountOf(MOUNTS, '/srv/with space/log'), 'btrfs on /dev/mapper/a b');
  for (const cut of ['', 'x', '22 1 254:0 / / rw - ext4', '22 1 254:0 / / rw'])
    t.equal(mountOf(cut, '/'), null);
});
