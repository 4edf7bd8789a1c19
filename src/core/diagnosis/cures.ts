import type { Cause } from './cause.ts';
import type { Fact } from '../fact.ts';
import type { Outsider } from './failure-facts.ts';
import type { BlockingServer } from './blocking-servers.ts';
import { setsToAdvise } from '../limits/kernel-sem.ts';
import { counted } from '../text/counted.ts';
import { shellWord } from '../text/shell-word.ts';
import type { TableUse } from '../verdict/table-use.ts';
import { isUp } from '../units/active-state.ts';
import type { UnitFacts } from '../units/unit-facts.ts';

/** A fix: a sentence and commands to paste; no commands if only an admin can know them. The names are those of `diagnose --json`. */
export interface Cure {
  say: string;
  run: string[];
  /** Its side effects, one sentence each. */
  traps: string[];
}

/** The facts that decide which fixes apply. */
export interface AdviceInput {
  /** The unit's name. */
  unit: string;
  facts: Fact<UnitFacts>;
  /** Pids of its orphaned workers that hold a port. */
  pids: readonly number[];
  use: Fact<TableUse>;
  /** How many sets may or may not be orphaned. */
  unsure: number;
  /** Servers of other units that keep sets from being proven orphaned. */
  blockingServers: readonly BlockingServer[];
  /** Whether the table was full and has enough free sets now. */
  hasFreeSetsAgain: boolean;
  /** A running httpd that was started outside the unit. */
  outsider: Outsider | null;
}

/** The fixes for a cause, best first. */
export function cures(cause: Cause, input: AdviceInput): Cure[] {
  const { pids } = input;
  const unit = shellWord(input.unit);
  const up = input.facts.known && isUp(input.facts.value);
  const start = up ? [] : [`systemctl reset-failed ${unit}`, `systemctl start ${unit}`];
  switch (cause) {
    case 'semaphore-leak':
      return [
        cure(`remove the orphaned sets${up ? '' : ', then start'}`, 'httpd-guard clean', ...start),
        ...(isGuarded(input)
          ? []
          : [
              cure(
                'and guard it: orphaned sets are removed before each start',
                `httpd-guard install --unit ${unit}`,
              ),
            ]),
        ...tableCures(input),
        ...stopCure(input),
      ];
    case 'semaphore-demand':
      return demandCures(input, start);
    case 'disk-full':
      return [cure('free disk space', 'df -h', 'journalctl --vacuum-size=100M')];
    case 'inodes-full':
      return [cure('remove files: the file system has no free inodes', 'df -i')];
    case 'quota-exceeded':
      return [cure('raise the quota or free space within it', 'repquota -a')];
    case 'shm-full':
      return [
        cure('free space in /dev/shm or enlarge it', 'ls -l /dev/shm', 'mount -o remount,size=1G /dev/shm'),
      ];
    case 'port-held-by-orphans':
      return [
        cure(
          'terminate the workers of the killed master, then start',
          ...(pids.length === 0 ? [] : [`kill ${pids.join(' ')}`]),
          ...start,
        ),
      ];
    case 'port-held-by-other':
      return [cure('find the process that listens on the port', 'ss -ltnp')];
    case 'set-removed-while-live':
      return [
        cure(
          'restart it to create new semaphores, and look for ipcrm in cron jobs and scripts',
          `systemctl restart ${unit}`,
          'grep -rn ipcrm /etc/cron* /var/spool/cron',
        ),
      ];
    case 'config-error':
      return [cure('fix the configuration, test it, then start', 'apachectl configtest', ...start)];
    case 'started-outside-systemd':
      return outsiderCures(input);
    case 'stopped-by-admin':
      return [
        cure(
          'it was stopped on purpose. To start it',
          ...(input.facts.known && input.facts.value.load === 'masked' ? [`systemctl unmask ${unit}`] : []),
          `systemctl start ${unit}`,
        ),
      ];
    case 'other':
    case 'unknown':
      return [
        ...killCures(input, start),
        cure('its last log lines', `journalctl -xeu ${unit}`, `systemctl status ${unit}`),
      ];
    case 'none':
      return [];
  }
}

/**
 * The running httpd must be gone before systemd starts its own. SIGWINCH is httpd's graceful stop (httpd: stopping.html): it
 * closes its ports and removes its pid file at once, and exits after its last request.
 */
function outsiderCures({ unit: name, outsider }: AdviceInput): Cure[] {
  if (outsider === null) return [];
  const { pid, unit: its } = outsider;
  const look = cure('it is running; find out how it was started', `systemctl status ${pid}`);
  // A service would restart it, or it is another server's.
  if (its?.endsWith('.service') === true && !/^user@\d+\.service$/.test(its)) return [look];
  return [
    cure(
      'it is running. To have systemd run it instead, stop it first; requests are refused for a moment',
      `kill -WINCH ${pid}; timeout 30 tail -s 0.1 --pid=${pid} -f /dev/null; systemctl start ${shellWord(name)}`,
    ),
    look,
  ];
}

/** For a full table without a set that is proven to be orphaned. */
function demandCures(input: AdviceInput, start: readonly string[]): Cure[] {
  const { unsure, blockingServers, hasFreeSetsAgain } = input;
  if (hasFreeSetsAgain)
    return [cure('the table was full and has free sets now; start it', ...start), ...tableCures(input)];
  return [
    ...blockingServers.map(({ unit, sets: known }) =>
      cure(
        `${unit} could use ${known} sets, more than one server needs. Restart it, then remove the orphaned ones among them`,
        `systemctl restart ${shellWord(unit)}`,
        'httpd-guard clean',
        ...start,
      ),
    ),
    ...(unsure === 0
      ? []
      : [
          cure(
            `${counted(unsure, 'set')} may be orphaned, but cannot be proven to be. The reasons, best seen as root`,
            'sudo httpd-guard check --explain',
          ),
        ]),
    ...raiseCure(
      input,
      `enlarge the table, now and at each boot${start.length === 0 ? '' : ', then start'}`,
      start,
    ),
    ...apartCures(input),
    cure('who owns the sets', 'httpd-guard limits', 'httpd-guard check --explain'),
  ];
}

/** Fixes that keep httpd out of the table or enlarge it. */
function tableCures(input: AdviceInput): Cure[] {
  return [...apartCures(input), ...raiseCure(input, 'or enlarge the table, now and at each boot')];
}

/** Fixes that keep httpd out of the table. */
function apartCures(input: AdviceInput): Cure[] {
  const { unit: name } = input;
  const unit = shellWord(name);
  const mutexes =
    'use mutexes that are not System V sets: "Mutex pthread default" (or "Mutex file:/run default") in the configuration of httpd instead of each "Mutex sysvsem"; in 2.2 AcceptMutex';
  return [
    ...(!canBeApart(input)
      ? []
      : [
          {
            say: 'permanently, by one of these: give it its own IPC namespace: leaked sets disappear with it, and no other program can fill it',
            run: [
              ...writeDropIn(name, 'private-ipc.conf', 'PrivateIPC=yes'),
              `systemctl reset-failed ${unit}`,
              `systemctl restart ${unit}`,
            ],
            traps: [
              'needs systemd 248 or newer; older versions ignore the setting and log that',
              'PHP and CGI in it no longer share System V IPC with cron jobs and the command line',
              `some unprivileged containers silently ignore it: readlink /proc/1/ns/ipc /proc/$(systemctl show -p MainPID --value ${unit})/ns/ipc must print two different names`,
              'kernel.sem of the host does not apply in it, but the defaults of the kernel do: 32000 sets since Linux 3.19',
              'sets leaked before stay in the table of the host: httpd-guard clean',
            ],
          },
        ]),
    cure(canBeApart(input) ? `or ${mutexes}` : `permanently: ${mutexes}`),
  ];
}

/** Whether PrivateIPC=yes is an option: not set yet, and systemd is not known to be too old. */
function canBeApart({ facts }: AdviceInput): boolean {
  return !facts.known || (facts.value.knowsPrivateIpc && !facts.value.privateIpc);
}

function isApart({ facts }: AdviceInput): boolean {
  return facts.known && facts.value.privateIpc;
}

/** None if the unit has its own table, to which the kernel's defaults apply. */
function raiseCure(input: AdviceInput, say: string, then: readonly string[] = []): Cure[] {
  const sets = input.use.known ? setsToAdvise(input.use.value) : null;
  return sets === null || isApart(input) ? [] : [cure(say, `httpd-guard limits --raise ${sets}`, ...then)];
}

/** Results of a run that was killed (systemd.exec(5), $SERVICE_RESULT), as opposed to a failed start. */
const KILLED = /^(signal|core-dump|oom-kill|watchdog)$/;

function killCures({ unit, facts }: AdviceInput, start: readonly string[]): Cure[] {
  if (!facts.known || !KILLED.test(facts.value.result)) return [];
  return [
    cure('it was killed; start it again', ...start),
    cure(
      'check whether it was the OOM killer',
      'journalctl -k --since "1 hour ago" --grep "out of memory|oom-kill"',
    ),
    cure(
      'have systemd restart it whenever it is killed; a guarded start always finds free sets',
      ...writeDropIn(unit, 'restart.conf', 'Restart=on-failure'),
    ),
  ];
}

const LEAST_STOP_S = 300;

/** A longer timeout for stops, since systemd sends SIGKILL after it (systemd.service(5), TimeoutStopSec=). */
function stopCure({ unit, facts }: AdviceInput): Cure[] {
  if (!facts.known || facts.value.stopTimeoutMs === Infinity) return [];
  const seconds = facts.value.stopTimeoutMs / 1000;
  const longer = Math.ceil(Math.max(LEAST_STOP_S, seconds * 2));
  return [
    cure(
      `and allow more than ${seconds} s for a stop, after which systemd kills it`,
      ...writeDropIn(unit, 'stop-timeout.conf', `TimeoutStopSec=${longer}`),
    ),
  ];
}

function writeDropIn(unit: string, file: string, setting: string): string[] {
  const folder = shellWord(`/etc/systemd/system/${unit}.d`);
  const path = shellWord(`/etc/systemd/system/${unit}.d/${file}`);
  return [`mkdir -p ${folder}`, `printf '[Service]\\n${setting}\\n' >${path}`, 'systemctl daemon-reload'];
}

function isGuarded({ facts }: AdviceInput): boolean {
  return facts.known && facts.value.dropInPaths.some((path) => path.endsWith('/50-httpd-guard.conf'));
}

function cure(say: string, ...run: string[]): Cure {
  return { say, run, traps: [] };
}
