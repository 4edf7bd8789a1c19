import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { removeByIpcrm } from '../../../src/host/sysvipc/remove-by-ipcrm.ts';
import { SemaphoreTool } from '../../../src/host/sysvipc/semaphore-tool.ts';
import { steadyMs } from '../../../src/host/exec/steady-ms.ts';

// Ids that nobody has: this test must not touch the machine's own sets. What becomes of real ones the lab tests.
const NOBODYS = [2147483600, 2147483601, 2147483602];

void t.test('removed sets are unknown, and removing them again is no error', async (t) => {
  const tool = new SemaphoreTool({ uid: 33, starterUid: 0 }, steadyMs() + 5_000);
  tool.ask(NOBODYS.slice(0, 2));
  tool.ask([]);
  tool.ask(NOBODYS.slice(2));
  const answers = await tool.answers();
  t.strictSame([...answers.keys()], NOBODYS);
  for (const id of NOBODYS)
    t.match(answers.get(id), { known: false, why: 'the kernel does not report its last user' });
  t.strictSame(await tool.remove(NOBODYS), []);
});

void t.test('a removal is written to the journal, or the reason why not is reported', async (t) => {
  const tool = new SemaphoreTool({ uid: 33, starterUid: 0 }, steadyMs() + 5_000);
  t.ok(tool.canWriteEntry);
  await tool.answers();
  t.strictSame(await tool.remove([]), []);
  // Longer than a datagram may be (net.core.wmem_max).
  const written = await tool.writeEntry(`MESSAGE=${'x'.repeat(64 * 1024 * 1024)}\n`);
  t.match(written, { ok: false, code: 'not-written', why: /^cannot write to journald: / });
  t.notOk(
    new SemaphoreTool({ uid: 33, starterUid: 33 }, steadyMs() - 1).canWriteEntry,
    'nobody would believe it',
  );
});

void t.test('with no time left nothing is written to the journal', async (t) => {
  const tool = new SemaphoreTool({ uid: 33, starterUid: 0 }, steadyMs() - 1);
  t.match(await tool.writeEntry('MESSAGE=x\n'), { code: 'not-written', why: /no time left/ });
});

void t.test('no tool is started for an empty list', async (t) => {
  const tool = new SemaphoreTool({ uid: 33, starterUid: 0 }, steadyMs() + 5_000);
  t.equal((await tool.answers()).size, 0);
  tool.close();
});

void t.test('with no time left no set is inspected, and nothing throws', async (t) => {
  const tool = new SemaphoreTool({ uid: 33, starterUid: 0 }, steadyMs() - 1);
  tool.ask([0]);
  t.equal((await tool.answers()).size, 0);
  t.match(await tool.remove(NOBODYS), [/no time left/]);
});

void t.test('ipcrm gets as many ids as fit, and its errors are returned', async (t) => {
  const many = Array.from({ length: 150_000 }, (_, i) => 2_000_000_000 + i);
  const complaints = await removeByIpcrm('s', many, 0, steadyMs() + 20_000);
  t.ok(complaints.length >= 3, 'it took several runs');
  for (const complaint of complaints) t.match(complaint, /exited with 1: ipcrm: (invalid|permission)/);
});

const PROGRAM = join(import.meta.dirname, '../../../src/host/sysvipc/semaphore-tool.pl');

void t.test(
  'the program has no error and no warning, also where all variables must be declared',
  async (t) => {
    const { status, stderr } = spawnSync('perl', ['-Mstrict', '-wc', PROGRAM], { encoding: 'utf8' });
    t.equal(stderr, `${PROGRAM} syntax OK\n`);
    t.equal(status, 0);
  },
);

void t.test('by itself: it asks, removes and ends', async (t) => {
  const { status, stdout } = spawnSync('perl', [PROGRAM], {
    input: `${NOBODYS.join('\n')}\n.\n${NOBODYS.join('\n')}\n.\n`,
    encoding: 'utf8',
  });
  t.equal(stdout, '3 -1 0\n.\ndone\n', 'equal answers share a line; what is gone is no error');
  t.equal(status, 0);
  const nothing = spawnSync('perl', [PROGRAM], { input: '', encoding: 'utf8' });
  t.equal(nothing.stdout, '.\ndone\n', 'a caller that was killed at once');
  t.equal(nothing.status, 0);
});

/**
 * Runs the program, in an IPC namespace of its own, on sets that this makes: three of which the kernel knows no user, and two
 * that this very process used.
 */
const WITH_SETS = String.raw`
  my @ids = map { semget(0, 1, 01600) } 1 .. 5;
  for my $id (@ids[3, 4]) { semctl($id, 0, 16, 1) }
  $ids[5] = 2147483600;
  open(my $tool, "|-", "perl", $ARGV[0]);
  print $tool join("
", @ids), "
.
", join("
", @ids[0, 3, 5]), "
.
";
  close($tool);
  print "setter $$
";
  open(my $table, "<", "/proc/sysvipc/sem");
  my @left = grep { / 600 / } <$table>;
  print scalar(@left), " left
";`;

const isRoot = process.geteuid?.() === 0;

void t.test(
  'on real sets: the kernel is asked about each, and only what is named goes',
  { skip: isRoot ? false : 'unshare --ipc needs root' },
  async (t) => {
    const { stdout, stderr } = spawnSync('unshare', ['--ipc', 'perl', '-e', WITH_SETS, PROGRAM], {
      encoding: 'utf8',
    });
    const setter = /setter (\d+)/.exec(stdout)?.[1];
    // A pid of 0 must not end as Perl's "0 but true", which nobody could read.
    const answers = ['3 0 0', `2 ${setter} 0`, '1 -1 0', '.'];
    t.equal(stdout, [...answers, 'done', `setter ${setter}`, '3 left', ''].join('\n'), stderr);
  },
);
