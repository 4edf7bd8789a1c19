import { shellWord } from '../../text/shell-word.ts';
import { restartsByItself } from '../../units/restart.ts';
import { timedOut } from '../../units/timed-out.ts';
import { isUp } from '../../units/unit-state.ts';
import { type AdviceInput, type Cure, cure, writeDropIn, killWorkers } from './cure.ts';
import { startCommands } from './start-commands.ts';

/** The fixes for a run that was killed, by whom ever. */
export function killCures(cause: 'killed' | 'out-of-memory' | 'timeout', input: AdviceInput): Cure[] {
  const { unit, facts, result } = input;
  // systemd, which did not notice the kill, still has it up.
  const isStillUp = facts.known && isUp(facts.value);
  const start = isStillUp ? [`systemctl restart ${shellWord(unit)}`] : startCommands(input);
  const restarts = facts.known && restartsByItself(facts.value, result);
  return [
    ...(restarts
      ? [cure('systemd restarts it', `systemctl status ${shellWord(unit)}`)]
      : [againCure(input, start)]),
    ...(cause === 'timeout'
      ? timeoutCure(input)
      : [
          cure(
            cause === 'killed' ? 'check whether it was the OOM killer' : 'see what used the memory',
            'journalctl -k --since "1 hour ago" --grep "out of memory|oom-kill"',
          ),
        ]),
    ...(restarts || cause === 'timeout' || isStillUp
      ? []
      : [
          cure(
            'have systemd restart it whenever it is killed; a guarded start always finds free sets',
            ...writeDropIn(input, 'restart.conf', 'Restart=on-failure'),
          ),
        ]),
  ];
}

/** Workers that outlived their master, as with KillMode=process, hold the port: a start would fail. */
function againCure({ pids }: AdviceInput, start: readonly string[]): Cure {
  return pids.length === 0
    ? cure('start it again', ...start)
    : cure(
        'terminate the workers of the killed master, which hold its port, then start it again',
        killWorkers(pids),
        ...start,
      );
}

function timeoutCure(input: AdviceInput): Cure[] {
  if (!input.facts.known || timedOut(input.facts.value) === 'stop') return stopCure(input);
  if (timedOut(input.facts.value) === 'run')
    return [
      cure(
        'and allow runs without a time limit',
        ...writeDropIn(input, 'runtime.conf', 'RuntimeMaxSec=infinity'),
      ),
    ];
  const { startTimeoutMs } = input.facts.value;
  if (startTimeoutMs === Infinity) return [];
  return [
    cure(
      `and allow more than ${startTimeoutMs / 1000} s for a start`,
      ...writeDropIn(
        input,
        'start-timeout.conf',
        `TimeoutStartSec=${Math.max(90, Math.ceil(startTimeoutMs / 500))}`,
      ),
    ),
  ];
}

const LEAST_STOP_S = 300;

/** A longer timeout for stops, since systemd sends SIGKILL after it (systemd.service(5), TimeoutStopSec=). */
export function stopCure(input: AdviceInput): Cure[] {
  const { facts } = input;
  if (!facts.known || facts.value.stopTimeoutMs === Infinity) return [];
  const seconds = facts.value.stopTimeoutMs / 1000;
  const longer = Math.ceil(Math.max(LEAST_STOP_S, seconds * 2));
  return [
    cure(
      `and allow more than ${seconds} s for a stop, after which systemd kills it`,
      ...writeDropIn(input, 'stop-timeout.conf', `TimeoutStopSec=${longer}`),
    ),
  ];
}
