/** System calls that can change something outside the process. */
export const CHANGING_CALLS = [
  ...['openat', 'write', 'pwrite64', 'writev', 'fsync', 'fdatasync', 'ftruncate'],
  ...[
    'rename',
    'renameat',
    'renameat2',
    'unlink',
    'unlinkat',
    'rmdir',
    'mkdir',
    'mkdirat',
    'symlink',
    'symlinkat',
  ],
  ...['chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'fchownat'],
  ...['semctl', 'connect', 'sendto', 'sendmsg', 'kill', 'tgkill'],
] as const;

/** One place where a command can be killed: at the entry of a call. */
export interface Step {
  call: (typeof CHANGING_CALLS)[number];
  /** The file that it is about; null if its calls are counted whatever they are about. */
  path: string | null;
  /** How many such calls of one process it takes, this one included. */
  times: number;
}

export function stepName({ call, path, times }: Step): string {
  return `${call} ${path ?? ''} (${times})`;
}

/** Files of our own, and the settings of the kernel. */
const OUR_PATHS = /^\/(etc|var|run|proc\/sys)\//;

/** The name of a backup differs from run to run. */
const HAS_TIME = /\.bak-\d/;
/** A draft has the pid of its writer in its name. */
const DRAFT = /^(.*\/\.httpd-guard\..+\.)\d+$/;
/** So many processes may start before the one that writes a draft. */
const MOST_PIDS = 200;

/** The options of strace(1) that kill at a step, where `lastPid` is the last pid that was given away. */
export function killOptions({ call, path, times }: Step, lastPid: number): string {
  const [, draft] = DRAFT.exec(path ?? '') ?? [];
  const paths =
    path === null
      ? []
      : draft === undefined
        ? [path]
        : Array.from({ length: MOST_PIDS }, (_, i) => `${draft}${lastPid + 1 + i}`);
  return [...paths.map((one) => `-P ${one}`), `-e inject=${call}:signal=SIGKILL:when=${times}`].join(' ');
}

/** The steps of a command, from the log of `strace -f -y` of a run that was not disturbed. */
export function stepsOf(log: string): Step[] {
  const steps = new Map<string, Step>();
  const counts = new Map<string, number>();
  const services = new Set<string>();
  const count = (...key: string[]): number => {
    const times = (counts.get(key.join(' ')) ?? 0) + 1;
    counts.set(key.join(' '), times);
    return times;
  };
  for (const line of log.split('\n')) {
    const [, pid = '', word = '', rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    const call = CHANGING_CALLS.find((one) => one === word);
    if (call === undefined) continue;
    // What is written may look like a path.
    const named = OF_OPEN_FILE.has(call) ? /()^\d+<(\/[^>]*)>/g : /"(\/[^"]*)"|\d+<(\/[^>]*)>/g;
    const paths = [...rest.matchAll(named)].map(([, quoted, open]) => open ?? quoted ?? '');
    const times = count(pid, call);
    const timesOf = new Map([...new Set(paths)].map((path) => [path, count(pid, call, path)]));
    if (!changes(call, rest)) continue;
    const socket = `${pid} ${/^\d+/.exec(rest)?.[0]}`;
    if (call === 'connect') services.add(socket);
    const path = paths.find((one) => OUR_PATHS.test(one) && !HAS_TIME.test(one)) ?? null;
    if (
      !OF_NO_FILE.has(call) &&
      path === null &&
      !HAS_TIME.test(rest) &&
      !(rest.includes('<socket:') && services.has(socket))
    )
      continue;
    if (OF_SERVICES.has(call) && !services.has(socket)) continue;
    const step =
      OF_NO_FILE.has(call) || path === null
        ? { call, path: null, times }
        : { call, path, times: timesOf.get(path) ?? 1 };
    steps.set(stepName({ ...step, path: step.path?.replace(DRAFT, '$1') ?? null }), step);
  }
  return [...steps.values()];
}

const OF_OPEN_FILE = new Set([
  'write',
  'pwrite64',
  'writev',
  'fsync',
  'fdatasync',
  'ftruncate',
  'fchmod',
  'fchown',
]);
const OF_SERVICES = new Set(['sendto', 'sendmsg']);
const OF_NO_FILE = new Set([...OF_SERVICES, 'connect', 'kill', 'tgkill', 'semctl']);

/** Whether this call changes something: not one that failed, nor one that only opens to read or only asks. */
function changes(call: string, rest: string): boolean {
  if (/\) += -1 E/.test(rest) && call !== 'connect') return false;
  switch (call) {
    case 'openat':
      return /O_(CREAT|TRUNC|WRONLY|RDWR)/.test(rest) && !rest.includes('"/dev/');
    case 'semctl':
      return rest.includes('IPC_RMID');
    case 'kill':
    case 'tgkill':
      return !/, 0\)/.test(rest);
    case 'connect':
      return rest.includes('sun_path="/run/');
    default:
      return true;
  }
}

/** At most `most` of the steps, evenly spread, with the first and the last one. */
export function sample<T>(steps: readonly T[], most: number): T[] {
  if (steps.length <= most) return [...steps];
  return Array.from(
    { length: most },
    (_, i) => steps[Math.round((i * (steps.length - 1)) / (most - 1))] as T,
  );
}
