import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { Visibility } from '../../core/verdict/snapshot.ts';
import { errorReason } from '../files/error-reason.ts';
import { readIpcNamespace } from './proc-files.ts';

// Inode numbers of the host's initial namespaces (kernel: include/uapi/linux/nsfs.h, *_NS_INIT_INO).
const FIRST_IPC_NAMESPACE = 'ipc:[4026531839]';
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';
/** Without it, other users' processes are hidden even from root (linux/capability.h; ptrace(2), PTRACE_MODE_READ_FSCREDS). */
const CAP_SYS_PTRACE = 19n;

/** A mount on a folder of a process, under which it is not to be seen, or looks like another one (proc_pid_mountinfo(5)). */
const COVERED_PROCESS = /^\d+ \d+ \S+ \S+ (\/proc\/\d+)[/ ]/m;

/** The reader's own IPC namespace, whose table /proc/sysvipc shows. */
export function readOwnIpcNamespace(): Fact<string> {
  try {
    return known(readIpcNamespace('self'));
  } catch (error) {
    return unknown(`/proc/self/ns/ipc cannot be read: ${errorReason(error)}`);
  }
}

/** Whether that is the host's initial namespace, so that kernel.sem is the host's. */
export function isInFirstIpcNamespace(): Fact<boolean> {
  const own = readOwnIpcNamespace();
  return own.known ? known(own.value === FIRST_IPC_NAMESPACE) : own;
}

/**
 * Whether this process can see every process that could share its semaphore table, or why not. Processes that could not be read
 * are a second reason, which the process table has.
 */
export function readVisibility(): Fact<Visibility> {
  try {
    if (readlinkSync('/proc/self') !== String(process.pid))
      return unknown('/proc belongs to another pid namespace');
    const capabilities = /^CapEff:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (capabilities === undefined) return unknown('/proc/self/status does not show the capabilities');
    if (((BigInt(`0x${capabilities}`) >> CAP_SYS_PTRACE) & 1n) === 0n) {
      return unknown("cannot see other users' processes: run it as root (CAP_SYS_PTRACE)");
    }
    // hidepid= and ProtectProc= hide nothing from CAP_SYS_PTRACE, unless it is limited to a user namespace.
    lstatSync('/proc/1');
    const hidden = COVERED_PROCESS.exec(readFileSync('/proc/self/mountinfo', 'latin1'))?.[1];
    if (hidden !== undefined) return unknown(`a mount covers ${hidden}`);
    return namespacesFit();
  } catch (error) {
    return unknown(`process 1 cannot be read: ${errorReason(error)}`);
  }
}

function namespacesFit(): Fact<Visibility> {
  if (readlinkSync('/proc/self/ns/pid') === FIRST_PID_NAMESPACE) return known('machine');
  if (readIpcNamespace('self') === FIRST_IPC_NAMESPACE) {
    return unknown('this container shares the semaphore table of its host, but cannot see its processes');
  }
  return known('container');
}
