import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readExecutable, readState } from '../../../src/host/proc/proc-files.ts';
import { ProcessScan, type ProcessTable, type ScanQuestion } from '../../../src/host/proc/process-scan.ts';

const QUESTION: ScanQuestion = {
  serverUids: [0, 4_000_000],
  ordinaryStarterUid: null,
  canKnow: () => true,
  ourPid: null,
  deadlineMs: Infinity,
};

/** In perl: waits as long as this test runs. When the test is killed, nobody else ends its helpers. */
const STAY = `sub stay { sleep 1 while kill 0, ${process.pid} } `;

/** Runs perl under another file name, in a process group of its own; `script` prints when it is ready. */
async function run(
  t: Test,
  name: string,
  script: string,
): Promise<{ pid: number; path: string; said: string }> {
  const path = `${t.testdir({})}/${name}`;
  copyFileSync('/usr/bin/perl', path);
  const child = spawn(path, ['-e', `$| = 1; ${STAY}${script}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = child.pid ?? 0;
  t.teardown(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid, path, said: said.toString().trim() };
}

function scan(asked: number[] = [], over: Partial<ScanQuestion> = {}): ProcessTable {
  const it = new ProcessScan({ ...QUESTION, ...over });
  it.listUntilStable();
  it.add(asked);
  return it.result();
}

void t.test('a program named httpd is httpd, even if it was removed since', async (t) => {
  const { pid, path } = await run(t, 'httpd', 'print "ready"; stay');
  rmSync(path);
  const facts = scan().processes.find((one) => one.pid === pid);
  t.match(facts, { isHttpd: { value: true }, exe: { value: { path, deleted: true } }, pgrp: pid });
  const { processes, alivePids } = scan([], { canKnow: () => false });
  t.strictSame(processes, [], 'nothing more is read of one that can know no set');
  t.ok(alivePids.has(pid));
  t.ok(scan([pid], { canKnow: () => false }).processes.some((one) => one.pid === pid));
});

void t.test('a process that only calls itself httpd is not httpd', async (t) => {
  const { pid } = await run(t, 'other', '$0 = "httpd"; print "ready"; stay');
  t.notOk(scan().processes.some((one) => one.pid === pid));
  const facts = scan([pid]).processes.find((one) => one.pid === pid);
  t.match(facts, { isHttpd: { value: false } }, 'and is told of only when asked for');
});

void t.test('a program under a path longer than a page is one possible user', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-deep-'));
  // rmSync() and the test's own folder cannot remove it: its path is too long for them.
  t.teardown(() => spawnSync('rm', ['-rf', folder]));
  const deep = `chdir "${folder}"; for (1 .. 20) { $n = "d" x 250; mkdir $n; chdir $n } system "cat /usr/bin/perl >it; chmod 755 it";`;
  const { pid } = await run(
    t,
    'start',
    `${deep} exec "./it", "-e", '$| = 1; ${STAY} print "ready"; stay' or die`,
  );
  const { processes, readable } = scan();
  t.notMatch(readable, { why: /ENAMETOOLONG/ });
  t.match(
    processes.find((one) => one.pid === pid),
    { exe: { known: false, why: /ENAMETOOLONG/ }, isHttpd: { known: false } },
  );
  const ofOthers = scan([], { serverUids: [4_000_000] });
  t.notOk(ofOthers.processes.some((one) => one.pid === pid));
  t.notMatch(ofOthers.readable, { why: /ENAMETOOLONG/ });
});

void t.test('a zombie does not count as running', async (t) => {
  const { pid, said } = await run(
    t,
    'parent',
    'if ($child = fork) { 1 until `cat /proc/$child/stat` =~ /\\) Z/; print $child; stay }',
  );
  const { alivePids } = scan();
  t.ok(alivePids.has(pid));
  t.notOk(alivePids.has(Number(said)));
});

void t.test('an exiting process does not count as running and is not waited for', async (t) => {
  const { pid } = await run(t, 'large', '$x = "a" x 500_000_000; print "ready"; stay');
  process.kill(pid, 'SIGKILL');
  while (hasProgram(pid));
  t.equal(readState(pid), 'ended');
  const { alivePids, readable } = scan();
  t.notOk(alivePids.has(pid));
  t.notMatch(readable, { why: /starting and exiting/ });
});

void t.test('if the first thread has exited, other threads show the program', async (t) => {
  // exit(2), which ends one thread alone.
  const exit = { x64: 60, arm64: 93 }[process.arch as string] ?? NaN;
  const { pid } = await run(
    t,
    'httpd',
    `use threads; threads->create(sub { print "ready"; stay }); syscall(${exit}, 0)`,
  );
  while (hasProgram(pid));
  const { processes, alivePids, readable } = scan();
  t.match(
    processes.find((one) => one.pid === pid),
    { isHttpd: { value: true }, pgrp: pid },
  );
  t.ok(alivePids.has(pid));
  t.notMatch(readable, { why: /starting and exiting/ });
});

function hasProgram(pid: number): boolean {
  try {
    return readExecutable(pid).path !== '';
  } catch {
    return false;
  }
}

/** Far less than the time limit of a test. */
const SCANNING_MS = 8_000;

void t.test('of httpds that fork and exit in a chain, every scan finds one', async (t) => {
  // As a launcher does when it detaches: its master is there before it goes, so that at no time there is none.
  await run(
    t,
    'httpd',
    `$SIG{CHLD} = "IGNORE"; print "ready"; while (kill 0, ${process.pid}) { select undef, undef, undef, rand 0.02; exit if fork }`,
  );
  const missed = (): boolean => {
    const { processes, readable } = scan();
    return processes.length === 0 && (readable.known || !readable.why.includes('starting and exiting'));
  };
  // A scan takes 40 listings here, tenths of a second on a busy machine.
  const endMs = Date.now() + SCANNING_MS;
  const results: boolean[] = [];
  while (results.length < 300 && Date.now() < endMs) results.push(missed());
  t.equal(results.filter(Boolean).length, 0, `of ${results.length} scans`);
});
