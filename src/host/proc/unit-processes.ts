import { readFileSync } from 'node:fs';
import type { UnitProcess } from '../../core/httpd/worker-uids.ts';
import { listPids, readStat, readUids, readUnit } from './proc-files.ts';

/** The visible processes in the control group of a unit. One that exits meanwhile is skipped. */
export function readUnitProcesses(unit: string): UnitProcess[] {
  return listPids().flatMap((pid): UnitProcess[] => {
    try {
      const of = readUnit(pid);
      if (!of.known || of.value !== unit) return [];
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
      return [{ pid, ppid: readStat(pid).ppid, name, uids: readUids(pid) }];
    } catch {
      return [];
    }
  });
}
