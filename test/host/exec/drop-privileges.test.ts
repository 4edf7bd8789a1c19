import { spawnSync } from 'node:child_process';
import t from 'tap';
import { dropPrivileges } from '../../../src/host/exec/drop-privileges.ts';

const NEEDS_ROOT = process.geteuid?.() === 0 ? false : 'needs root';
/** Of a unit with AmbientCapabilities=: a program of root keeps these even with the secure bit. */
const AMBIENT = ['setpriv', '--inh-caps=+sys_admin,+ipc_owner', '--ambient-caps=+sys_admin,+ipc_owner'];

void t.test('the process that removes sets has no capability', { skip: NEEDS_ROOT }, (t) => {
  for (const uid of [0, 1000])
    for (const before of [[], AMBIENT]) {
      const command = [...before, ...dropPrivileges(uid), 'cat', '/proc/self/status'];
      const { stdout } = spawnSync('env', command, { encoding: 'utf8' });
      for (const name of ['Inh', 'Prm', 'Eff', 'Amb'])
        t.match(stdout, new RegExp(`^Cap${name}:\t0+$`, 'm'), `${name} of uid ${uid}`);
      t.match(stdout, new RegExp(`^Uid:\t${uid}\t${uid}\t`, 'm'));
      t.match(stdout, /^NoNewPrivs:\t1$/m);
      t.notMatch(dropPrivileges(uid).join(' '), /\ball\b/, 'a libcap-ng older than the kernel refuses that');
    }
  t.end();
});
