import type { CauseRule, Finding } from '../finding.ts';
import { type DiskTrial, diskWant } from './disk-trial.ts';
import type { Disk, PortOwner } from '../failure-facts.ts';
import { endOf, endedByExit } from './last-end.ts';

// What keeps an httpd that was started from serving, sets apart.

export const configCause: CauseRule = (_, { configComplaint }) =>
  !configComplaint.known || configComplaint.value === null
    ? null
    : {
        cause: 'config-error',
        evidence: [{ rule: 'configuration', saw: configComplaint.value, source: 'httpd -t' }],
      };

/** httpd takes any living process that its pid file names for itself, says "already running" and exits with 0 (httpd: server/mpm_unix.c). */
export const stalePidFileCause: CauseRule = (unit, facts) => {
  const { pidFile, stranger } = facts;
  if (pidFile?.known !== true || pidFile.value.state !== 'foreign' || !endedByExit(endOf(unit, facts)))
    return null;
  const { path, pid } = pidFile.value;
  const who = stranger === null ? '' : `: ${describe(stranger)}`;
  return {
    cause: 'stale-pid-file',
    evidence: [
      { rule: 'pid-file', saw: `${path} names process ${pid}, which is not httpd${who}`, source: path },
    ],
  };
};

export const portCause: CauseRule = (unit, facts) => {
  if (!endedByExit(endOf(unit, facts))) return null;
  const { listeningOrphans, portOwners } = facts;
  if (listeningOrphans.length > 0)
    return {
      cause: 'port-held-by-orphans',
      evidence: listeningOrphans.map(({ pid, ports }) => ({
        rule: 'port',
        saw: `orphaned worker ${pid} listens on port ${ports.join(', ')}`,
        source: `/proc/${pid}/net/tcp`,
      })),
    };
  // Weak, since it may listen on another address.
  return portOwners.length === 0
    ? null
    : { cause: 'port-held-by-other', weak: true, evidence: portOwners.map(portEvidence) };
};

function portEvidence(owner: PortOwner): Finding['evidence'][number] {
  const { port, pid } = owner;
  const who = pid === null ? 'a process that is hidden from us' : describe({ ...owner, pid });
  return { rule: 'port', saw: `port ${port} is in use by ${who}`, source: `ss -ltnp sport = :${port}` };
}

function describe({
  pid,
  program,
  unit,
}: {
  pid: number;
  program: string | null;
  unit: string | null;
}): string {
  return `process ${pid} (${program ?? 'program unknown'}${unit === null ? '' : `, ${unit}`})`;
}

export const diskCause: CauseRule = (unit, facts) => {
  if (!endedByExit(endOf(unit, facts))) return null;
  for (const disk of facts.disks) {
    const found = disk.trial.known ? ofDisk(disk, disk.trial.value) : null;
    if (found !== null) return found;
  }
  return null;
};

/** Weak, since httpd may not have needed that folder: the line of another failure contradicts it. */
function ofDisk({ path, what, fileSystem }: Disk, trial: DiskTrial): Finding | null {
  const isShm = path === '/dev/shm';
  const where = isShm || fileSystem === null ? '' : ` (${fileSystem})`;
  const found = (cause: Finding['cause'], saw: string, source: string): Finding => ({
    cause,
    weak: true,
    evidence: [{ rule: 'disk', saw: `${saw}${where}`, source }],
  });
  switch (diskWant(trial)) {
    case 'full':
      return found(isShm ? 'shm-full' : 'disk-full', `${path} (${what}) is full`, `df ${path}`);
    case 'inodes':
      return found(
        isShm ? 'shm-full' : 'inodes-full',
        `${path} (${what}) has no free inodes`,
        `df -i ${path}`,
      );
    case 'quota':
      return found('quota-exceeded', `the disk quota is used up in ${path} (${what})`, `repquota -a`);
    case 'read-only':
      return found('other', `${path} (${what}) is read-only`, `findmnt -T ${path}`);
    case null:
      return null;
  }
}
