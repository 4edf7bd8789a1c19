/** How a job for a unit ended, as systemd wrote it into the journal. */
export interface UnitJob {
  /** start, stop, restart, reload ... (systemd: job.c). */
  type: string;
  /** The unit's run when the job ended, InvocationID: of a start that never began, the run before; "" before the first. */
  invocationId: string;
  /** When journald got the entry, wall clock, milliseconds since 1970. */
  atMs: number;
  /** done, dependency, assert, failed, timeout, canceled ... (systemd: job.c); also skipped for a condition, and start-limit-hit. */
  result: string;
  /** systemd's own sentence. */
  message: string;
  /** How long the run of that job lasted, milliseconds; null if it goes on, or its begin or end is missing. */
  ranMs: number | null;
}

/** SD_MESSAGE_UNIT_STARTED (systemd: sd-messages.h): also of a start that was skipped for a condition, then with that in it. */
const SKIPPED = /was skipped because|being skipped\.$/;

/** SD_MESSAGE_UNIT_SUCCESS and SD_MESSAGE_UNIT_FAILURE_RESULT: the end of a run (systemd: sd-messages.h). */
const ENDED = ['7ad2d189f7e94e70a38c781354912448', 'd9b373ed55a64feb8242e02dbe79a49c'];

/** The last job of a unit by the entries of PID 1 about it, lines of `journalctl -o json`, oldest first; null without one. */
export function lastJob(lines: readonly string[]): UnitJob | null {
  const entries = lines.flatMap((line) => parseEntry(line) ?? []);
  const job = entries.flatMap((entry) => jobOf(entry) ?? []).at(-1);
  if (job === undefined) return null;
  const last = entries.findLast(({ message }) => REFUSED.test(message));
  if (last !== undefined && job.result === 'failed' && job.atMs - last.atMs < SAME_MOMENT_MS)
    return { ...job, result: 'start-limit-hit', message: last.message, ranMs: null };
  const ofRun = entries.filter(
    ({ invocationId }) => invocationId !== '' && invocationId === job.invocationId,
  );
  const endMs = ofRun.find(({ messageId }) => ENDED.includes(messageId))?.atMs;
  const beganMs = ofRun[0]?.atMs;
  const isOver = endMs !== undefined && beganMs !== undefined && ofRun[0]?.type === 'start';
  return { ...job, ranMs: isOver ? endMs - beganMs : null };
}

/** Result= keeps the failure before (systemd: service.c, service_start). */
const REFUSED = /Start request repeated too quickly\.$/;
const SAME_MOMENT_MS = 1_000;

interface Entry extends Omit<UnitJob, 'ranMs'> {
  messageId: string;
}

function jobOf({ type, invocationId, atMs, result, message }: Entry): Omit<UnitJob, 'ranMs'> | null {
  if (type === '' || result === '') return null;
  return { type, invocationId, atMs, result: SKIPPED.test(message) ? 'skipped' : result, message };
}

function parseEntry(line: string): Entry | null {
  let entry: Record<string, unknown> | null;
  try {
    entry = JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    return null;
  }
  const text = (field: string): string => {
    const value = entry?.[field];
    return typeof value === 'string' ? value : '';
  };
  const atMs = Math.floor(Number(text('__REALTIME_TIMESTAMP')) / 1000);
  if (!(atMs > 0)) return null;
  return {
    type: text('JOB_TYPE'),
    invocationId: text('INVOCATION_ID'),
    atMs,
    result: text('JOB_RESULT'),
    message: text('MESSAGE'),
    messageId: text('MESSAGE_ID'),
  };
}

/**
 * Whether the job ended before anything of the unit ran. `beganMs`: when the unit's last run began, `changedMs`: when its state
 * last changed; wall clock, milliseconds. A job that waits too long (JobTimeoutSec=) may also end while the unit starts.
 */
export function neverBegan(
  { type, result, atMs }: Pick<UnitJob, 'type' | 'result' | 'atMs'>,
  beganMs: number,
  changedMs: number,
): boolean {
  if (type === 'stop' || atMs <= beganMs) return false;
  if (result === 'timeout') return atMs > changedMs;
  return /^(dependency|assert|skipped|invalid|unsupported)$/.test(result);
}
