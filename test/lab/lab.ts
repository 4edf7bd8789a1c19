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

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A throw-away Debian under its own systemd, with its own IPC namespace and control group. Leaves nothing behind. */
export class Lab {
  private constructor(
    /** The container's file system, seen from outside. */
    readonly root: string,
    private readonly folder: string,
    private readonly groups: string[],
    private readonly nspawnPid: number,
    /** Its PID 1, as the host counts. */
    readonly initPid: number,
  ) {}

  static async boot(): Promise<Lab> {
    const base = (
      await execa(join(REPOSITORY, 'test/lab/build-root.sh'), { stderr: 'inherit', stdin: 'ignore' })
    ).stdout;
    const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-lab-'));
    const groups = makeControlGroups(basename(folder));
    try {
      const root = mountOverlay(base, folder);
      const nspawnPid = startContainer(root, folder, groups);
      const initPid = await until('the container to have a first process', () => childOf(nspawnPid));
      const lab = new Lab(root, folder, groups, nspawnPid, initPid);
      running.add(lab);
      await lab.waitForBoot();
      return lab;
    } catch (error) {
      takeAway(folder, groups);
      throw error;
    }
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
  }

  async uninstallGuard(): Promise<void> {
    await execa(join(REPOSITORY, 'scripts/uninstall.sh'), ['--destdir', this.root]);
  }

  end(): void {
    running.delete(this);
    try {
      process.kill(this.initPid, 'SIGKILL');
    } catch {
      // Ended by itself.
    }
    spawnSync('tail', ['--pid', String(this.nspawnPid), '-f', '/dev/null'], { timeout: 10_000 });
    takeAway(this.folder, this.groups);
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
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.exit(130);
  });
}

/** Asks again and again until there is an answer, and fails after half a minute without one. */
export async function until<T>(
  what: string,
  ask: () => T | null | Promise<T | null>,
  deadlineMs = 30_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await pause(50);
  }
}

/**
 * A control group in each hierarchy that systemd uses (unified, and its named one on a hybrid host). Containers that share
 * one would find each other's units in it.
 */
function makeControlGroups(name: string): string[] {
  const tops = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'].filter((top) =>
    existsSync(join(top, 'cgroup.procs')),
  );
  if (tops.length === 0)
    throw new Error('the lab needs control groups below /sys/fs/cgroup, and there are none');
  return tops.map((top) => {
    const group = join(top, name);
    mkdirSync(group);
    return group;
  });
}

/** The cached root below, a fresh layer in memory above. */
function mountOverlay(base: string, folder: string): string {
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
  return root;
}

function startContainer(root: string, folder: string, groups: string[]): number {
  const script = `${groups.map((group) => `echo $$ >'${group}/cgroup.procs';`).join(' ')} exec systemd-nspawn -q -D '${root}' --register=no --keep-unit --private-network --machine=${basename(folder)} -b`;
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
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
  const first = Number(children[0]);
  return first > 0 && readFileSync(`/proc/${first}/comm`, 'latin1').trim() === 'systemd' ? first : null;
}

function takeAway(folder: string, groups: string[]): void {
  for (const path of ['root', 'layer']) spawnSync('umount', ['-l', join(folder, path)]);
  rmSync(folder, { recursive: true, force: true });
  for (const group of groups) removeGroup(group);
}

function removeGroup(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroup(join(group, entry.name));
  try {
    rmdirSync(group);
  } catch {
    // A process that is still ending holds it; an empty group costs nothing.
  }
}

function must(file: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
}
