import { isControlScript } from '../../httpd/identity.ts';
import { queryCommand } from '../../httpd/launch.ts';
import { shellWord } from '../../text/shell-word.ts';
import { isForOthersToStart } from '../../units/unit-facts.ts';
import { isUp } from '../../units/unit-state.ts';
import type { Cause } from '../cause.ts';
import { serviceOf } from '../outsider.ts';
import { type AdviceInput, type Cure, cure, killWorkers, writeDropIn } from './cure.ts';
import { killCures, stopCure } from './cures-of-kill.ts';
import { demandCures, tableCures } from './cures-of-table.ts';
import { startCommands } from './start-commands.ts';

/** The fixes for a cause, the shortest that helps first. */
export function cures(cause: Cause, input: AdviceInput): Cure[] {
  const unit = shellWord(input.unit);
  const start = startCommands(input);
  const pidFile = pidFileCure(input);
  if (pidFile !== null) return [pidFile];
  switch (cause) {
    case 'semaphore-leak':
      return leakCures(input);
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
          ...(input.pids.length === 0 ? [] : [killWorkers(input.pids)]),
          ...start,
        ),
      ];
    case 'port-held-by-other':
      return portCures(input);
    case 'set-removed-while-live':
      return [
        cure(
          'restart it to create new semaphores, and look for ipcrm in cron jobs and scripts',
          `systemctl restart ${unit}`,
          'grep -rn ipcrm /etc/cron* /var/spool/cron',
        ),
      ];
    case 'config-error':
      return [cure('fix the configuration, test it, then start', ...testCommand(input), ...start)];
    case 'started-outside-systemd':
      return outsiderCures(input);
    case 'stale-pid-file':
      return [
        cure(
          'remove the pid file, which names a process that is not its own, then start',
          ...(input.pidFile === null ? [] : [`rm -f ${shellWord(input.pidFile)}`]),
          ...start,
        ),
      ];
    case 'not-started':
      return notStartedCures(input);
    case 'killed':
    case 'out-of-memory':
    case 'timeout':
      return input.isConfigBroken && start.length > 0
        ? [brokenConfigCure(input, start), ...killCures(cause, input).slice(1)]
        : killCures(cause, input);
    case 'stopped-by-admin':
      return [
        cure(
          'it was stopped on purpose. To start it',
          ...(isMasked(input) ? [`systemctl unmask ${unit}`] : []),
          `systemctl start ${unit}`,
        ),
      ];
    case 'other':
    case 'unknown':
      return input.facts.known
        ? [cure('its last log lines', `journalctl -xeu ${unit}`, `systemctl status ${unit}`)]
        : [cure('what could be seen', 'httpd-guard check --explain')];
    case 'none':
      return [];
  }
}

function leakCures(input: AdviceInput): Cure[] {
  const unit = shellWord(input.unit);
  const facts = input.facts.known ? input.facts.value : null;
  const isDown = facts !== null && !isUp(facts);
  // A recovery leaves it to an admin or a cluster manager to start such a unit.
  const start = facts !== null && isForOthersToStart(facts.fileState) ? startCommands(input) : [];
  return [
    isDown && start.length === 0
      ? cure(
          'remove the orphaned sets, start it, and verify that it stays up',
          `httpd-guard recover --unit ${unit}`,
        )
      : cure(
          `remove the orphaned sets${start.length === 0 ? '' : ', then start'}`,
          'httpd-guard clean',
          ...start,
        ),
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
}

/** Not for a path that a drop-in, printf(1) or the shell would read otherwise. */
function pidFileCure(input: AdviceInput): Cure | null {
  const { unit, pidFile, awaitsOtherPidFile } = input;
  if (!awaitsOtherPidFile || pidFile === null || !/^[\w./@+-]+$/.test(pidFile)) return null;
  return cure(
    'have systemd wait for the pid file that httpd writes, then start',
    ...writeDropIn(input, 'pid-file.conf', `PIDFile=${pidFile}`),
    `systemctl start ${shellWord(unit)}`,
  );
}

/** Only a person knows whether another program may be stopped. */
function portCures({ portOwners }: AdviceInput): Cure[] {
  const pids = [...new Set(portOwners.flatMap(({ pid }) => (pid === null ? [] : [pid])))];
  return pids.length === 0
    ? [cure('find the process that listens on the port (as root)', 'ss -ltnp')]
    : [
        cure(
          'stop the program that listens on the port, or have httpd listen on another',
          `systemctl status ${pids.join(' ')}`,
        ),
      ];
}

/**
 * httpd's own test of its configuration. A wrapper of another name in ExecStart= is never printed with arguments: most would start
 * httpd.
 */
function testCommand({ startCommand }: AdviceInput): string[] {
  if (startCommand === null) return ['apachectl configtest'];
  const { exec, environment } = startCommand;
  if (isControlScript(exec)) return [`${shellWord(exec.path)} configtest`];
  const { file, args } = queryCommand(exec, environment, ['-t']);
  return [[file, ...args].map(shellWord).join(' ')];
}

/** In place of a plain start after a kill: the configuration was changed while httpd was running. */
function brokenConfigCure(input: AdviceInput, start: readonly string[]): Cure {
  return cure(
    'its configuration has an error by now. Fix that, test it, then start it again',
    ...testCommand(input),
    ...(input.pids.length === 0 ? [] : [killWorkers(input.pids)]),
    ...start,
  );
}

/**
 * The running httpd must be gone before systemd starts its own. SIGWINCH is httpd's graceful stop (httpd: stopping.html): it
 * closes its ports and removes its pid file at once, and exits after its last request.
 */
function outsiderCures({ unit: name, outsider }: AdviceInput): Cure[] {
  if (outsider === null) return [];
  const { pid } = outsider;
  const look = cure('it is running; find out how it was started', `systemctl status ${pid}`);
  // A service would restart it, or it is another server's.
  if (serviceOf(outsider) !== null) return [look];
  return [
    cure(
      'it is running. To have systemd run it instead, stop it first; requests are refused for a moment',
      `kill -WINCH ${pid}; timeout 30 tail -s 0.1 --pid=${pid} -f /dev/null; systemctl start ${shellWord(name)}`,
    ),
    look,
  ];
}

const IS_BROKEN = { masked: 'is masked', 'not-found': 'is missing', failed: 'failed' } as const;

function notStartedCures(input: AdviceInput): Cure[] {
  const unit = shellWord(input.unit);
  const need = input.brokenNeed;
  if (need !== null)
    return [
      cure(
        `find out why ${need.unit} ${IS_BROKEN[need.state]}, fix that, then start`,
        `systemctl status ${shellWord(need.unit)}`,
        `systemctl start ${unit}`,
      ),
    ];
  // A command that failed has printed why.
  const by = input.facts.known && input.facts.value.failedCommand !== null ? '' : ' _PID=1';
  const words = cure('the reason in full', `systemctl status ${unit}`, `journalctl -u ${unit} -n 20${by}`);
  return input.isStartLimit
    ? [cure('reset the start limit and start it', ...startCommands(input)), words]
    : [words];
}

function isGuarded({ facts }: AdviceInput): boolean {
  return facts.known && facts.value.dropInPaths.some((path) => path.endsWith('/50-httpd-guard.conf'));
}

function isMasked({ facts }: AdviceInput): boolean {
  return facts.known && facts.value.load === 'masked';
}
