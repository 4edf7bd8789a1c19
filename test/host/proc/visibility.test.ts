import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import t from 'tap';

const isRoot = process.getuid?.() === 0;
/** Also these tests may run in a container. */
const here = readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]' ? 'machine' : 'container';
const isFirstIpc = readlinkSync('/proc/self/ns/ipc') === 'ipc:[4026531839]';
const READ_VIEW =
  "import('./src/host/proc/visibility.ts').then(({ readVisibility }) => console.log(JSON.stringify(readVisibility())))";

function viewFrom(...wrapper: string[]): unknown {
  const { stdout } = spawnSync('env', [...wrapper, process.execPath, '--import=tsx', '-e', READ_VIEW], {
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
}

void t.test(
  'reasons why processes may be hidden',
  { skip: !isRoot && 'not root: namespaces cannot be made' },
  async (t) => {
    t.match(viewFrom(), { known: true, value: here });
    t.match(viewFrom('setpriv', '--bounding-set=-sys_ptrace'), { known: false, why: /CAP_SYS_PTRACE/ });
    t.match(viewFrom('unshare', '-m', 'sh', '-c', 'mount --bind / /proc/1 && exec "$0" "$@"'), {
      known: false,
      why: 'a mount covers /proc/1',
    });
    const shared = isFirstIpc
      ? { known: false, why: /shares the semaphore table of its host/ }
      : { known: true, value: 'container' };
    t.match(viewFrom('unshare', '-p', '-f', '--mount-proc'), shared);
    t.match(viewFrom('unshare', '-p', '-f'), { known: false, why: /another pid namespace/ });
    t.match(viewFrom('unshare', '-i', '-p', '-f', '--mount-proc'), { known: true, value: 'container' });
  },
);
