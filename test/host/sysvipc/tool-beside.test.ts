import { spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { SemaphoreTool } from '../../../src/host/sysvipc/semaphore-tool.ts';
import { toolBeside } from '../../../src/host/sysvipc/tool-beside.ts';
import { steadyMs } from '../../../src/host/exec/steady-ms.ts';

const PROGRAM = join(import.meta.dirname, '../../../src/host/sysvipc/semaphore-tool.pl');
/** More than fit into a pipe, both as ids and as answers. Nobody has them. */
const MANY = Array.from({ length: 40_000 }, (_, i) => 2_000_000_000 + i);
const OWNER = { uid: 33, starterUid: 0 };

/** Starts a program as the gate does, here with FIFOs for its pipes. */
function startBeside(t: Test, seconds: number, ...program: string[]): SemaphoreTool {
  const folder = t.testdir();
  const [stdin, stdout] = [join(folder, 'stdin'), join(folder, 'stdout')];
  spawnSync('mkfifo', [stdin, stdout]);
  // As in the gate, one that hangs is ended.
  const command = ['-c', `exec timeout ${seconds} "$@" <stdin >stdout`, 'sh', ...program];
  spawn('sh', command, { stdio: 'ignore', cwd: folder }).unref();
  const descriptors = { questions: openSync(stdin, 'w'), answers: openSync(stdout, 'r') };
  process.env['SEMAPHORE_TOOL'] = '0';
  t.equal(toolBeside(33, descriptors), null, 'not for another user: it would have the wrong privileges');
  const run = toolBeside(0, descriptors);
  if (run === null) throw new Error('it is not used');
  t.equal(toolBeside(0, descriptors), null, 'not twice');
  return new SemaphoreTool(OWNER, steadyMs() + 5_000, run);
}

void t.test('it asks, removes, and writes an entry, as one that Node starts', async (t) => {
  const tool = startBeside(t, 30, 'perl', PROGRAM, 'pid');
  t.equal(readFileSync(`/proc/${tool.pid}/comm`, 'utf8'), 'perl\n');
  tool.ask(MANY.slice(0, 10_000));
  tool.ask(MANY.slice(10_000));
  const answers = await tool.answers();
  t.strictSame([...answers.keys()], MANY);
  t.ok([...answers.values()].every(({ known }) => !known));
  t.strictSame(await tool.remove(MANY), []);
  const written = await tool.writeEntry(`MESSAGE=${'x'.repeat(64 * 1024 * 1024)}\n`);
  t.match(written, { ok: false, why: /^cannot write to journald: / });
  tool.close();
  tool.close();
});

void t.test('neither end waits for the other to read', async (t) => {
  const answer = `$| = 1; my @ids; print "1\\n";
    sub read_ids { @ids = (); while (<STDIN>) { last if $_ eq ".\\n"; push @ids, $_ } }
    read_ids(); print map("1 " . ($_ % 7) . " 0\\n", @ids), ".\\n";
    read_ids(); print map("set $_ cannot be removed\\n", map { $_ + 0 } @ids), "done\\n"`;
  const tool = startBeside(t, 30, 'perl', '-e', answer);
  tool.ask(MANY);
  t.equal((await tool.answers()).size, MANY.length);
  t.equal((await tool.remove(MANY)).length, MANY.length);
});

void t.test('one that cannot run, lies or never ends: its answers are not used', async (t) => {
  for (const script of ['exit 0', 'echo x; exit 0', 'exec cat', 'yes', 'echo 0', 'kill -9 $$']) {
    const tool = startBeside(t, 1, 'sh', '-c', script);
    t.equal(tool.pid, null, script);
    tool.ask(MANY.slice(0, 3));
    t.equal((await tool.answers()).size, 3, `${script}: ipcs is asked`);
    t.notOk(tool.canWriteEntry, script);
    tool.close();
  }
});

void t.test('one that ends too soon: why not is said', async (t) => {
  const tool = startBeside(t, 30, 'sh', '-c', 'echo 1; read line; echo .');
  t.equal(tool.pid, 1);
  await tool.answers();
  t.strictSame(await tool.remove(MANY), ['perl exited without an answer']);
  t.match(await tool.writeEntry('MESSAGE=x\n'), { ok: false, why: 'perl exited without an answer' });
});
