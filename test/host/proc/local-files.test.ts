import { readFileSync } from 'node:fs';
import t from 'tap';
import { isLocal, typeOfDevice } from '../../../src/host/proc/local-files.ts';

const TEXT = `22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw
36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue
99 22 0:66 / /home/u/a\\040-\\0400:21\\040b rw,nosuid - fuse.sshfs host:/ rw,user_id=1000
98 22 0:67 - /home/u rw - xfs 0:68 rw
97 22 0:68 / /opt rw - tmpfs none rw
`;

void t.test('the type of the file system on a device', async (t) => {
  const types = { '0:21': 'proc', '98:0': 'ext3', '0:66': 'fuse.sshfs', '0:67': 'xfs', '0:68': 'tmpfs' };
  for (const [device, type] of Object.entries(types)) t.equal(typeOfDevice(TEXT, device), type, device);
  for (const device of ['0:2', '8:0', '', '27']) t.equal(typeOfDevice(TEXT, device), null, device);
  t.equal(typeOfDevice('', '0:21'), null);
});

void t.test('a device of another type, or of no mount, is not local', async (t) => {
  const mounts = readFileSync('/proc/self/mountinfo', 'latin1');
  const deviceOf = (type: string): string =>
    new RegExp(`^\\d+ \\d+ (\\S+) .* - ${type} `, 'm').exec(mounts)?.[1] ?? '';
  t.notOk(isLocal(deviceOf('proc'), process.pid));
  t.ok(isLocal(deviceOf('(?:ext4|overlay|xfs|btrfs|tmpfs)'), process.pid));
  t.notOk(isLocal('4095:1048575', process.pid));
  t.notOk(isLocal('4095:1048575', 4_194_304));
});
