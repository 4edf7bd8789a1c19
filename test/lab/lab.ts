import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Of the folder of a lab, in the folder for temporary files; the pid of its test follows. */
const PREFIX = 'httpd-guard-lab-';

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A throw-away Debian under its own systemd, with its own IPC namespace and control group. Leaves nothing behind. */
export class Lab {
  /** The container's file system, seen from outside. */
  readonly root: string;
  /** Its PID 1, as the host counts; 0 until there is one. */
  initPid = 0;
  private nspawnPid = 0;

  private constructor(private readonly folder: string) {
    this.root = join(folder, 'root');
  }

  /** With more of Debian's packages, if any are named. Their services are not started. */
  static async boot(...packages: string[]): Promise<Lab> {
    const build = join(REPOSITORY, 'test/lab/build-root.sh');
    const { stdout: base } = await execa(build, packages, { stderr: 'inherit', stdin: 'ignore' });
    clearDeadLabs();
    const lab = new Lab(mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`)));
    // From here on, whatever happens, something is left to take away.
    running.add(lab);
    try {
      const groups = makeControlGroups(basename(lab.folder));
      mountOverlay(base, lab.folder);
      lab.nspawnPid = startContainer(lab.root, lab.folder, groups);
      lab.initPid = await until('the container to have a first process', () => childOf(lab.nspawnPid));
      await lab.waitForBoot();
      return lab;
    } catch (error) {
      const said = readIfThere(join(lab.folder, 'console.log')).trim();
      lab.end();
      throw new Error(`the lab did not boot; its console's end: ${said.slice(-500) || 'nothing'}`, {
        cause: error,
      });
    }
  }

  /** With the tools that single tests need, all in one root. */
  static bootWithTools(): Promise<Lab> {
    return Lab.boot('--tools');
  }

  /** With tools that cause faults, and file systems to break. */
  static bootWithFaults(): Promise<Lab> {
    return Lab.boot('valgrind', 'strace', 'xfsprogs', 'btrfs-progs', 'e2fsprogs');
  }

  /** Runs a program inside. A code that is not 0 is the caller's to judge. */
  async run(file: string, ...args: string[]): Promise<Ran> {
    const { exitCode, stdout, stderr } = await execa(
      'nsenter',
      [
        ...this.enter('-m', '-u', '-i', '-n', '-p', '-C'),
        'env',
        '-i',
        `PATH=${PATH}`,
        'HOME=/root',
        file,
        ...args,
      ],
      {
        reject: false,
        stdin: 'ignore',
        timeout: 120_000,
        maxBuffer: 256 * 1024 * 1024,
      },
    );
    return { exitCode: exitCode ?? -1, stdout, stderr };
  }

  /** Runs a line of sh inside, and expects it to end with 0. */
  async sh(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run('sh', '-c', script);
    if (exitCode !== 0)
      throw new Error(`in the lab, "${script}" ended with ${exitCode}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Sets kernel.sem inside: /proc/sys is read-only there, so it is written from outside. */
  async limitSets(maxSets: number): Promise<void> {
    await execa('nsenter', [
      ...this.enter('-i'),
      'sh',
      '-c',
      `echo "250 32000 32 ${maxSets}" >/proc/sys/kernel/sem`,
    ]);
  }

  /**
   * Mounts an image of a file system that lies inside, from outside: a container may not. Its loop device goes with the mount,
   * at the latest when the container ends.
   */
  async mountImage(image: string, folder: string, type: string): Promise<void> {
    const { stdout: device } = await execa('losetup', ['--find', '--show', join(this.root, image)]);
    try {
      const { stdout: minor } = await execa('stat', ['-c', '%T', device]);
      const node = `/root/${basename(device)}`;
      await execa('nsenter', [
        ...this.enter('-m'),
        'sh',
        '-c',
        `[ -b ${node} ] || mknod ${node} b 7 $((0x${minor})); mkdir -p ${folder} && mount -t ${type} ${node} ${folder}`,
      ]);
    } finally {
      await execa('losetup', ['--detach', device]);
    }
  }

  write(path: string, text: string, mode = 0o644): void {
    const target = join(this.root, path);
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(target, text, { mode });
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  async installGuard(): Promise<void> {
    await execa(join(REPOSITORY, 'scripts/install.sh'), ['--destdir', this.root]);
    // What install.sh does itself where it is not for another root.
    await this.sh('systemd-sysusers /usr/lib/sysusers.d/httpd-guard.conf && journalctl --update-catalog');
  }

  async uninstallGuard(): Promise<void> {
    await execa(join(REPOSITORY, 'scripts/uninstall.sh'), ['--destdir', this.root]);
  }

  end(): void {
    running.delete(this);
    // Its init first: then nspawn ends in order and clears what it made.
    if (this.initPid !== 0) kill(this.initPid);
    if (this.initPid === 0 || !waitFor(() => hasEnded(this.nspawnPid), 10_000)) kill(this.nspawnPid);
    waitFor(() => hasEnded(this.nspawnPid), 10_000);
    takeAway(this.folder);
  }

  private enter(...namespaces: string[]): string[] {
    return ['-t', String(this.initPid), ...namespaces, '--'];
  }

  private async waitForBoot(): Promise<void> {
    await until('the container to boot', async () => {
      const { stdout } = await this.run('systemctl', 'is-system-running');
      return /^(running|degraded)$/.test(stdout.trim()) ? true : null;
    });
  }
}

const running = new Set<Lab>();
process.once('exit', () => {
  for (const lab of running) lab.end();
});
// For as long as it lives: a second Ctrl-C must not cut the clearing short.
for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    process.exit(code);
  });
}

/** Asks again and again until there is an answer, and fails after a minute without one. */
export async function until<T>(
  what: string,
  ask: () => T | null | Promise<T | null>,
  deadlineMs = 60_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await pause(50);
  }
}

/** A control group's folder in each hierarchy that systemd uses: unified, and its named one on a hybrid host. */
function controlGroups(name: string): string[] {
  return ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd']
    .filter((top) => existsSync(join(top, 'cgroup.procs')))
    .map((top) => join(top, name));
}

/** Containers that share a control group would find each other's units in it. */
function makeControlGroups(name: string): string[] {
  const groups = controlGroups(name);
  if (groups.length === 0)
    throw new Error('the lab needs control groups below /sys/fs/cgroup, and there are none');
  for (const group of groups) mkdirSync(group);
  return groups;
}

/** The cached root below, a fresh layer in memory above. */
function mountOverlay(base: string, folder: string): void {
  const layer = join(folder, 'layer');
  const root = join(folder, 'root');
  for (const path of [layer, root]) mkdirSync(path);
  must('mount', '-t', 'tmpfs', 'httpd-guard-lab', layer);
  for (const path of ['upper', 'work']) mkdirSync(join(layer, path));
  must(
    'mount',
    '-t',
    'overlay',
    'httpd-guard-lab',
    '-o',
    `lowerdir=${base},upperdir=${layer}/upper,workdir=${layer}/work`,
    root,
  );
}

/** It is shut down with this process, however that ends: killed, it could not do so itself. */
function startContainer(root: string, folder: string, groups: string[]): number {
  const script = `${groups.map((group) => `echo $$ >'${group}/cgroup.procs';`).join(' ')} exec setpriv --pdeathsig=TERM systemd-nspawn -q -D '${root}' --register=no --keep-unit --private-network --machine=${basename(folder)} -b`;
  const console = openSync(join(folder, 'console.log'), 'a');
  const child = spawn('sh', ['-c', script], {
    detached: true,
    stdio: ['ignore', console, console],
    env: { PATH, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
  });
  child.unref();
  closeSync(console);
  if (child.pid === undefined) throw new Error('systemd-nspawn could not be started');
  return child.pid;
}

function childOf(pid: number): number | null {
  if (hasEnded(pid)) throw new Error('systemd-nspawn ended at once');
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`).trim().split(' ');
  const first = Number(children[0]);
  return first > 0 && readIfThere(`/proc/${first}/comm`).trim() === 'systemd' ? first : null;
}

/** A test that is killed cannot clear its lab: the next one does. */
function clearDeadLabs(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? /^(\d+)-/.exec(name.slice(PREFIX.length))?.[1] : undefined;
    // Also while another process has that pid: a later run clears it then.
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    for (const group of controlGroups(name)) killGroup(group);
    takeAway(join(tmpdir(), name));
  }
}

/** The container may still be shutting down. */
function killGroup(group: string): void {
  try {
    for (const pid of readFileSync(join(group, 'cgroup.procs'), 'utf8').trim().split('\n')) kill(Number(pid));
    for (const entry of readdirSync(group, { withFileTypes: true }))
      if (entry.isDirectory()) killGroup(join(group, entry.name));
  } catch {
    // Gone already: another run clears it as well.
  }
}

function takeAway(folder: string): void {
  for (const path of ['root', 'layer']) spawnSync('umount', ['-l', join(folder, path)]);
  rmSync(folder, { recursive: true, force: true });
  // The last processes may take a moment to leave their groups.
  for (const group of controlGroups(basename(folder))) waitFor(() => removeGroup(group), 2000);
}

function removeGroup(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true }))
      if (entry.isDirectory()) removeGroup(join(group, entry.name));
    rmdirSync(group);
  } catch {
    // Not empty yet, or gone already.
  }
  return !existsSync(group);
}

/** Whether a process has ended. Node cannot collect its children while it waits, so a zombie counts. */
function hasEnded(pid: number): boolean {
  const state = /\) (.)/.exec(readIfThere(`/proc/${pid}/stat`))?.[1];
  return state === undefined || state === 'Z' || state === 'X';
}

function kill(pid: number): void {
  try {
    // 0 would be this process's own group.
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // Ended by itself.
  }
}

/** Waits without the event loop: a process that is about to exit has none. */
function waitFor(isSo: () => boolean, mostMs: number): boolean {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (const end = performance.now() + mostMs; !isSo(); Atomics.wait(clock, 0, 0, 20))
    if (performance.now() > end) return false;
  return true;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function must(file: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
}
