/** What is kept of units: of root, and outlasts a reboot. */
export const STATE_DIRECTORY = '/var/lib/httpd-guard';
/** The same, gone with a reboot, as runs are. */
export const RUN_DIRECTORY = '/run/httpd-guard';
/** Where endings of runs are written, in order of preference. */
export const ENDING_DIRECTORIES: readonly string[] = [RUN_DIRECTORY, STATE_DIRECTORY];
/** Only root can enter it: a file that another user can open for reading, this user can lock (flock(2)). */
export const LOCK_DIRECTORY = '/run/httpd-guard-locks';
/** RuntimeDirectory of the watcher, whose user may write in it, but cannot replace it. */
export const REQUEST_DIRECTORY = '/run/httpd-guard-watch';

/** Where something of a unit is kept. Unit names hold no slash (systemd.unit(5)); one that does is not looked up. */
export function statePath(
  directory: string,
  unit: string,
  what: '' | '.start' | '.recoveries' | '.counts' | '.ending' | '.sets',
): string {
  return `${directory}/${unit.replaceAll('/', '_')}${what}`;
}
