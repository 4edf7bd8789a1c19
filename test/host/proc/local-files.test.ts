import t from 'tap';
import { isLocal, parseMountinfo } from '../../../src/host/proc/local-files.ts';

const TEXT = `22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw
36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue
99 22 0:66 / /home/u/a\\040-\\040b rw,nosuid - fuse.sshfs host:/ rw,user_id=1000
`;

void t.test('device and type of each mount', async (t) => {
  t.strictSame(parseMountinfo(TEXT), [
    ['0:21', 'proc'],
    ['98:0', 'ext3'],
    ['0:66', 'fuse.sshfs'],
  ]);
});

void t.test('a device of another type, or of no mount, is not local', async (t) => {
  const [proc] = parseMountinfo(TEXT);
  t.notOk(isLocal('4095:1048575', process.pid));
  t.equal(proc?.[1], 'proc');
});
