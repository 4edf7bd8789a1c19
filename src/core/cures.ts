import type { Cause } from './cause.ts';
import type { Fact } from './fact.ts';
import { setsToAdvise } from './limits-kernel-sem.ts';
import type { TableUse } from './table-use.ts';
import type { UnitFacts } from './unit-facts.ts';

/** What to do: in words, and as commands to paste; none where only a person can know. */
export interface Cure {
  say: string;
  run: string[];
  /** What it changes besides, one sentence each. */
  traps: string[];
}

/** Who is to be cured, as far as it is known. */
export interface Patient {
  /** The unit's name. */
  unit: string;
  facts: Fact<UnitFacts>;
  /** Pids of its orphaned workers that hold a port. */
  pids: readonly number[];
  use: Fact<TableUse>;
  /** How many sets may be left over, or not. */
  unsure: number;
}

/** What helps against a cause, best first. */
export function cures(cause: Cause, patient: Patient): Cure[] {
  const { pids } = patient;
  const unit = word(patient.unit);
  const start = [`systemctl reset-failed ${unit}`, `systemctl start ${unit}`];
  const isUp = patient.facts.known && patient.facts.value.active === 'active';
  switch (cause) {
    case 'semaphore-leak':
      return [
        isUp
          ? cure('clear what the dead httpd left', 'httpd-guard clean')
          : cure('clear what the dead httpd left, and start', 'httpd-guard clean', ...start),
        ...(isGuarded(patient)
          ? []
          : [cure('and let the guard do so before each start', `httpd-guard install --unit ${unit}`)]),
        ...tableCures(patient),
        ...stopCure(patient),
      ];
    case 'semaphore-demand':
      return [
        ...(patient.unsure === 0
          ? []
          : [
              cure(
                `${patient.unsure} sets look like httpd’s, and may be left over: what speaks against it, root sees best`,
                'sudo httpd-guard check --explain',
              ),
            ]),
        ...tableCures(patient),
        cure(
          'nothing is known to be leaked: all sets are in use, or another product’s. Who holds the table',
          'httpd-guard limits',
          'httpd-guard check --explain',
        ),
      ];
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
      return [cure('mend the configuration', 'apachectl configtest')];
    case 'stopped-by-admin':
      return [
        cure(
          'it is down because somebody wished it',
          ...(patient.facts.known && patient.facts.value.load === 'masked'
            ? [`systemctl unmask ${unit}`]
            : []),
          `systemctl start ${unit}`,
        ),
      ];
    case 'other':
    case 'unknown':
      return [cure('its own words', `journalctl -xeu ${unit}`, `systemctl status ${unit}`)];
    case 'none':
      return [];
  }
}

/** What keeps httpd out of the table, or makes the table larger. */
function tableCures({ unit: name, facts, use }: Patient): Cure[] {
  const unit = word(name);
  const isApart = facts.known && facts.value.privateIpc;
  const sets = use.known ? setsToAdvise(use.value) : null;
  return [
    ...(isApart
      ? []
      : [
          {
            say: 'give it an IPC namespace of its own: what a kill -9 leaves ends with that, and nobody else fills it',
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
    cure(
      'or take mutexes that are no System V sets: "Mutex pthread default" (or "Mutex file:/run default") in httpd’s configuration, instead of each "Mutex sysvsem"; 2.2 has AcceptMutex for that',
    ),
    // The kernel's own limits are those inside.
    ...(isApart || sets === null
      ? []
      : [cure('or make the table larger, now and at each boot', `httpd-guard limits --raise ${sets}`)]),
  ];
}

const LEAST_STOP_S = 300;

/** What is not down in time gets SIGKILL from systemd (systemd.service(5), TimeoutStopSec=). */
function stopCure({ unit, facts }: Patient): Cure[] {
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
  const folder = word(`/etc/systemd/system/${unit}.d`);
  const path = word(`/etc/systemd/system/${unit}.d/${file}`);
  return [`mkdir -p ${folder}`, `printf '[Service]\\n${setting}\\n' >${path}`, 'systemctl daemon-reload'];
}

function isGuarded({ facts }: Patient): boolean {
  return facts.known && facts.value.dropInPaths.some((path) => path.endsWith('/50-httpd-guard.conf'));
}

function cure(say: string, ...run: string[]): Cure {
  return { say, run, traps: [] };
}

/** As one word of sh: names of units may hold a backslash (systemd.unit(5)), but no quote. */
function word(text: string): string {
  return text.includes('\\') ? `'${text}'` : text;
}
