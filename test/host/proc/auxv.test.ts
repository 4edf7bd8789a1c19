import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { known } from '../../../src/core/fact.ts';
import { parseAuxv, readStartedAs } from '../../../src/host/proc/auxv.ts';
import { readUids, readUserNamespace } from '../../../src/host/proc/proc-files.ts';

const OWN = readUserNamespace('self');

/** A process that says when it is ready. */
async function start(t: Test, ...command: [string, ...string[]]): Promise<number> {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

const READY = '$| = 1; print "ready"; <STDIN>';
const asUser = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'] as const;

void t.test('the uids that a process was started as, whatever it has become since', async (t) => {
  const user = await start(t, ...asUser, 'perl', '-e', READY);
  t.strictSame(readStartedAs(user, OWN), known([1000, 1000]));
  const worker = await start(t, 'perl', '-e', `$< = $> = 1000; ${READY}`);
  t.strictSame(readUids(worker), [1000, 1000, 1000, 1000]);
  t.strictSame(readStartedAs(worker, OWN), known([0, 0]), 'as a worker of httpd');
});

void t.test('in another user namespace the uids are unknown', async (t) => {
  const user = await start(t, ...asUser, 'unshare', '-r', 'perl', '-e', READY);
  t.match(readStartedAs(user, OWN), { known: false, why: 'it is in another user namespace' });
  t.match(readStartedAs(user, null), { known: false });
  t.match(readStartedAs(4_194_304, OWN), { known: false, why: /ENOENT/ });
});

const vector = (...pairs: [number, number][]): Buffer => {
  const numbers = new BigUint64Array(pairs.flat().map(BigInt));
  return Buffer.from(numbers.buffer);
};

void t.test('a vector that does not prove the uids is unknown', async (t) => {
  const whole: [number, number][] = [
    [33, 4_096],
    [11, 1000],
    [12, 1000],
    [23, 0],
    [0, 0],
  ];
  t.strictSame(parseAuxv(vector(...whole)), known([1000, 1000]));
  t.strictSame(parseAuxv(vector([6, 1], [23, 0], [12, 5], [11, 4])), known([4, 5]));
  for (const missing of [1, 2, 3])
    t.match(parseAuxv(vector(...whole.filter((_, i) => i !== missing))), { known: false });
  t.match(parseAuxv(vector([11, 1000], [12, 1000], [23, 1])), { known: false }, 'set-uid');
  t.match(parseAuxv(vector([0, 0], ...whole)), { known: false }, 'nothing counts after the end');
  t.match(parseAuxv(Buffer.alloc(0)), { known: false });
  // Of a 32-bit program: pairs of 32-bit numbers.
  for (const first of [[], [[6, 4_096]]] as [number, number][][]) {
    const pairs = [...first, [11, 0], [12, 0], [13, 0], [14, 0], [23, 0], [0, 0]] as [number, number][];
    t.match(parseAuxv(Buffer.from(new Uint32Array(pairs.flat()).buffer)), { known: false });
  }
});
