import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { ListeningOrphan } from '../../core/diagnosis/failure-facts.ts';
import type { ProcessFacts } from '../../core/verdict/process-facts.ts';
import { errorReason } from '../files/error-reason.ts';

/** tcp_states.h: TCP_LISTEN. */
const LISTENS = '0A';

/** The processes that listen on a TCP port, by /proc/PID/net/tcp of their own network namespace. Processes that have exited or cannot be read are skipped. */
export function listeningProcesses(processes: readonly ProcessFacts[]): Omit<ListeningOrphan, 'inUnit'>[] {
  return processes.flatMap(({ pid, startedMs }) => {
    const ports = readListeningPorts(pid);
    return !ports.known || ports.value.length === 0 ? [] : [{ pid, startedMs, ports: ports.value }];
  });
}

/** Those of these processes that listen on no TCP port. Those that cannot be read are left out. */
export function silentProcesses(processes: readonly ProcessFacts[]): number[] {
  return processes.flatMap(({ pid }) => {
    const ports = readListeningPorts(pid);
    return ports.known && ports.value.length === 0 ? [pid] : [];
  });
}

/** The TCP ports that a process listens on. Unknown without the right to see its files. */
export function readListeningPorts(pid: number): Fact<number[]> {
  try {
    return known(listeningPorts(pid));
  } catch (error) {
    return unknown(`the ports of process ${pid}: ${errorReason(error)}`);
  }
}

function listeningPorts(pid: number): number[] {
  const sockets = new Map(
    ['tcp', 'tcp6'].flatMap((name) => parseListening(readOrEmpty(`/proc/${pid}/net/${name}`))),
  );
  const ports = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(readLinkOrEmpty(`/proc/${pid}/fd/${fd}`))?.[1];
    const port = inode === undefined ? undefined : sockets.get(inode);
    return port === undefined ? [] : [port];
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Inode and port of each listening socket in /proc/net/tcp (kernel: Documentation/networking/proc_net_tcp.rst). */
export function parseListening(text: string): [string, number][] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTENS)
    .map((fields) => [fields[9] ?? '', parseInt(fields[1]?.split(':')[1] ?? '', 16)]);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function readLinkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
