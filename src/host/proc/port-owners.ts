import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { PortOwner } from '../../core/diagnosis/failure-facts.ts';
import { parseListening } from './listening.ts';
import { listPids, readExecutable, readStat, readUnit } from './proc-files.ts';

/**
 * Who listens on TCP ports, in the network namespace of this process. One owner for each port that is taken: of a server with
 * workers, the process that took it first. `pid` is null where the owner is hidden from us, as from an ordinary user.
 * Everything is read from procfs alone (proc_pid_net(5), proc_pid_fd(5)), so no file system that hangs is touched.
 */
export function portOwners(ports: ReadonlySet<number>): PortOwner[] {
  const portByInode = new Map(
    ['tcp', 'tcp6']
      .flatMap((name) => parseListening(readText(`/proc/self/net/${name}`)))
      .filter(([, port]) => ports.has(port)),
  );
  const owners = new Map<number, PortOwner>();
  for (const port of portByInode.values()) owners.set(port, { ...NOBODY_SEEN, port });
  if (owners.size === 0) return [];
  for (const pid of listPids()) {
    for (const inode of socketInodes(pid)) {
      const port = portByInode.get(inode);
      const before = port === undefined ? undefined : owners.get(port);
      if (port === undefined || before === undefined) continue;
      const owner = describe(pid, port);
      if (owner !== null && (before.startedMs === null || (owner.startedMs ?? 0) < before.startedMs))
        owners.set(port, owner);
    }
  }
  return [...owners.values()].sort((a, b) => a.port - b.port);
}

const NOBODY_SEEN = { pid: null, startedMs: null, program: null, unit: null } as const;

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    // Gone, or closed to us.
    return [];
  }
}

function describe(pid: number, port: number): PortOwner | null {
  try {
    const unit = readUnit(pid);
    return {
      port,
      pid,
      startedMs: readStat(pid).startedMs,
      program: readExecutable(pid).path,
      unit: unit.known ? unit.value : null,
    };
  } catch {
    return null;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
