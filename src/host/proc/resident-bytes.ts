import { readFileSync } from 'node:fs';

/** How much memory a process has resident, by VmRSS in /proc/PID/status; null if that cannot be read. */
export function residentBytes(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}
