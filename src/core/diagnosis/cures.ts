import type { Cause } from './cause.ts';
import type { Fact } from '../fact.ts';
import type { Outsider } from './failure-facts.ts';
import type { BlockingServer } from './blocking-servers.ts';
import { setsToAdvise } from '../limits/kernel-sem.ts';
import { shellWord } from '../text/shell-word.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';

/** What to do: in words, and as commands to paste; none where only a person can know. */
export interface Cure {
  say: string;
  run: string[];
  /** What it changes besides, one sentence each. */
  traps: string[];
}

/** Who is to be cured, as far as it is known. */
export interface AdviceInput {
  /** The unit's name. */
  unit: string;
  facts: Fact<UnitFacts>;
  /** Pids of its orphaned workers that hold a port. */
  pids: readonly number[];
  use: Fact<TableUse>;
  /** How many sets may be left over, or not. */
  unsure: number;
  /** Servers of other units that could know what a dead one left. */
  blockingServers: readonly BlockingServer[];
  /** Whether the table that had no room has enough now. */
  hasFreeSetsAgain: boolean;
  /** A living httpd that the unit does not run. */
  outsider: Outsider | null;
}

/** What helps against a cause, best first. */
export function cures(cause: Cause, input: AdviceInput): Cure[] {
  const { pids } = input;
  const unit = shellWord(input.unit);
  const isUp = input.facts.known && input.facts.value.active === 'active';
  const start = isUp ? [] : [`systemctl reset-failed ${unit}`, `systemctl start ${unit}`];
  switch (cause) {
    case 'semaphore-leak':
      return [
        cure(`clear what the dead httpd left${isUp ? '' : ', and start'}`, 'httpd-guard clean', ...start),
        ...(isGuarded(input)
          ? []
          : [cure('and let the guard do so before each start', `httpd-guard install --unit ${unit}`)]),
        ...tableCures(input),
        ...stopCure(input),
      ];
    case 'semaphore-demand':
      return demandCures(input, start);
    case 'disk-full':
      return [cure('make room', 'df -h', 'journalctl --vacuum-size=100M')];
    case 'inodes-full':
      return [cure('remove files: the inodes are used up, not the bytes', 'df -i')];
    case 'quota-exceeded':
      return [cure('raise the quota, or make room within it', 'repquota -a')];
    case 'shm-full':
      return [
        cure(
          'make room in /dev/shm, or make it larger',
          'ls -l /dev/shm',
          'mount -o remount,size=1G /dev/shm',
        ),
      ];
    case 'port-held-by-orphans':
      return [
        cure(
          'end the workers that their dead master left, and start',
          ...(pids.length === 0 ? [] : [`kill ${pids.join(' ')}`]),
          ...start,
        ),
      ];
    case 'port-held-by-other':
      return [cure('see who listens there', 'ss -ltnp')];
    case 'set-removed-while-live':
      return [
        cure(
          'somebody removed semaphores of the running server: look for ipcrm in cron and scripts; a restart makes new ones',
          `systemctl restart ${unit}`,
          'grep -rn ipcrm /etc/cron* /var/spool/cron',
        ),
      ];
    case 'config-error':
      return [
        cure('mend the configuration, see that it is right, and start', 'apachectl configtest', ...start),
      ];
    case 'started-outside-systemd':
      return outsiderCures(input);
    case 'stopped-by-admin':
      return [
        cure(
          'it is down because somebody wished it',
          ...(input.facts.known && input.facts.value.load === 'masked' ? [`systemctl unmask ${unit}`] : []),
          `systemctl start ${unit}`,
        ),
      ];
    case 'other':
    case 'unknown':
      return [
        ...killCures(input, start),
        cure('its own words', `journalctl -xeu ${unit}`, `systemctl status ${unit}`),
      ];
    case 'none':
      return [];
  }
}

/**
 * First the one that serves goes, then systemd starts its own. SIGWINCH is httpd's graceful stop (httpd: stopping.html): it
 * closes its ports and removes its pid file at once, and ends when its last request is answered.
 */
function outsiderCures({ unit: name, outsider }: AdviceInput): Cure[] {
  if (outsider === null) return [];
  const { pid, unit: its } = outsider;
  const look = cure('it serves; see how it was started', `systemctl status ${pid}`);
  // A service starts it again, or is another server's.
  if (its?.endsWith('.service') === true && !/^user@\d+\.service$/.test(its)) return [look];
  return [
    cure(
      'it serves. To have systemd run it instead, stop it first; requests are refused for a moment',
      `kill -WINCH ${pid}; timeout 30 tail -s 0.1 --pid=${pid} -f /dev/null; systemctl start ${shellWord(name)}`,
    ),
    look,
  ];
}

/** Nothing is known to be left over: all sets are in use, or another product's, or of whom cannot be told. */
function demandCures(input: AdviceInput, start: readonly string[]): Cure[] {
  const { unsure, blockingServers, hasFreeSetsAgain } = input;
  if (hasFreeSetsAgain)
    return [cure('the table had no room, and has now: start it', ...start), ...tableCures(input)];
  return [
    ...blockingServers.map(({ unit, sets: known }) =>
      cure(
        `${unit} could know ${known} sets, more than one server needs: what a dead one left among them goes once it is restarted`,
        `systemctl restart ${shellWord(unit)}`,
        'httpd-guard clean',
        ...start,
      ),
    ),
    ...(unsure === 0
      ? []
      : [
          cure(
            `${unsure} sets look like httpd’s, and may be left over: what speaks against it, root sees best`,
            'sudo httpd-guard check --explain',
          ),
        ]),
    ...raiseCure(
      input,
      `make the table larger, now and at each boot${start.length === 0 ? '' : ', and start'}`,
      start,
    ),
    ...apartCures(input),
    cure('who holds the table', 'httpd-guard limits', 'httpd-guard check --explain'),
  ];
}

/** What keeps httpd out of the table, or makes the table larger. */
function tableCures(input: AdviceInput): Cure[] {
  return [...apartCures(input), ...raiseCure(input, 'or make the table larger, now and at each boot')];
}

/** What keeps httpd out of the table. */
function apartCures(input: AdviceInput): Cure[] {
  const { unit: name } = input;
  const unit = shellWord(name);
  const mutexes =
    'take mutexes that are no System V sets: "Mutex pthread default" (or "Mutex file:/run default") in httpd’s configuration, instead of each "Mutex sysvsem"; 2.2 has AcceptMutex for that';
  return [
    ...(!canBeApart(input)
      ? []
      : [
          {
            say: 'for good, one of these. Give it an IPC namespace of its own: what a kill -9 leaves ends with that, and nobody else fills it',
            run: [
              ...writeDropIn(name, 'private-ipc.conf', 'PrivateIPC=yes'),
              `systemctl reset-failed ${unit}`,
              `systemctl restart ${unit}`,
            ],
            traps: [
              'it takes systemd 248 or newer; older ones ignore it with a line in the journal',
              'PHP and CGI in it are cut off from System V IPC that cron or the command line share with them',
              `some unprivileged containers leave it off without a word: readlink /proc/1/ns/ipc /proc/$(systemctl show -p MainPID --value ${unit})/ns/ipc must print two`,
              'kernel.sem does not reach inside: there the kernel’s own defaults count, 32000 sets since Linux 3.19',
              'what dead ones left before stays in the host’s table: httpd-guard clean',
            ],
          },
        ]),
    cure(canBeApart(input) ? `or ${mutexes}` : `for good: ${mutexes}`),
  ];
}

/** Not where it is already, nor where systemd is known to be too old for it. */
function canBeApart({ facts }: AdviceInput): boolean {
  return !facts.known || (facts.value.knowsPrivateIpc && !facts.value.privateIpc);
}

function isApart({ facts }: AdviceInput): boolean {
  return facts.known && facts.value.privateIpc;
}

/** Not where it has a table of its own: in there the kernel's own limits count. */
function raiseCure(input: AdviceInput, say: string, then: readonly string[] = []): Cure[] {
  const sets = input.use.known ? setsToAdvise(input.use.value) : null;
  return sets === null || isApart(input) ? [] : [cure(say, `httpd-guard limits --raise ${sets}`, ...then)];
}

/** Results of a run that somebody ended (systemd.exec(5), $SERVICE_RESULT): it did not fail to start. */
const KILLED = /^(signal|core-dump|oom-kill|watchdog)$/;

function killCures({ unit, facts }: AdviceInput, start: readonly string[]): Cure[] {
  if (!facts.known || !KILLED.test(facts.value.result)) return [];
  return [
    cure('it was killed, and did not fail to start: start it', ...start),
    cure('was it the OOM killer', 'journalctl -k --since "1 hour ago" --grep "out of memory|oom-kill"'),
    cure(
      'let systemd start it again whenever it is killed; behind the guard that finds room each time',
      ...writeDropIn(unit, 'restart.conf', 'Restart=on-failure'),
    ),
  ];
}

const LEAST_STOP_S = 300;

/** What is not down in time gets SIGKILL from systemd (systemd.service(5), TimeoutStopSec=). */
function stopCure({ unit, facts }: AdviceInput): Cure[] {
  if (!facts.known || facts.value.stopTimeoutMs === Infinity) return [];
  const seconds = facts.value.stopTimeoutMs / 1000;
  const longer = Math.ceil(Math.max(LEAST_STOP_S, seconds * 2));
  return [
    cure(
      `and give it more than ${seconds} s to stop, after which systemd kills it`,
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
