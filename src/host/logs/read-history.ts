import { type Fact, known, unknown } from '../../core/fact.ts';
import {
  HISTORY_FIELDS,
  HISTORY_MATCHES,
  type HistoryEntry,
  parseHistoryEntry,
} from '../../core/logs/history-entry.ts';
import { type Ran, firstLines, tryRun } from '../exec/run.ts';

/** An entry has 3 kB at the most, and run.ts takes 4 MiB. */
const MOST_ENTRIES = 1_000;

export interface HistoryQuestion {
  /** As journalctl takes it; null for everything. */
  since: string | null;
  unit: string | null;
  timeoutMs: number;
}

export interface History {
  /** The newest last. */
  entries: readonly HistoryEntry[];
  /** Whether there are older ones than these. */
  more: boolean;
}

export type HistoryAnswer =
  | { known: true; value: History }
  /** `badSince`: it is `since` that journalctl does not understand. */
  | { known: false; why: string; badSince?: boolean };

/** The guard's own entries, from the system's journal. Unknown when that cannot be read, or not all of it. */
export async function readHistory({ since, unit, timeoutMs }: HistoryQuestion): Promise<HistoryAnswer> {
  const { TZ } = process.env;
  const journalctl = (...args: string[]): Promise<Fact<Ran>> =>
    tryRun({
      file: 'journalctl',
      // Without --system an ordinary user's own journal would be taken for the whole.
      args: ['--system', '--no-pager', ...args],
      // A time without a zone is meant in the caller's.
      env: TZ === undefined ? {} : { TZ },
      timeoutMs,
    });
  const [look, ran] = await Promise.all([
    // With JSON journalctl is quiet about what it may not read.
    journalctl('--output=short', '--lines=1'),
    journalctl(
      ...['--output=json', `--output-fields=${HISTORY_FIELDS.join()}`, `--lines=${MOST_ENTRIES + 1}`],
      ...(since === null ? [] : [`--since=${since}`]),
      ...HISTORY_MATCHES,
      ...(unit === null ? [] : [`HTTPD_GUARD_UNIT=${unit}`]),
    ),
  ]);
  if (!look.known) return look;
  if (!ran.known) return ran;
  const obstacle = obstacleIn(look.value);
  if (obstacle !== null) return unknown(obstacle);
  const { exitCode, stdout, stderr } = ran.value;
  if (exitCode !== 0)
    return {
      known: false,
      why: firstLines(stderr) || `journalctl ended with ${exitCode}`,
      badSince: /^Failed to parse timestamp/m.test(stderr),
    };
  const entries = stdout.split('\n').flatMap((line) => parseHistoryEntry(line) ?? []);
  return known({ entries: entries.slice(-MOST_ENTRIES), more: entries.length > MOST_ENTRIES });
}

/** In journalctl's words (systemd: journal-util.c, journal_access_check_and_warn). Some of it may be readable all the same. */
function obstacleIn({ exitCode, stderr }: Ran): string | null {
  if (/insufficient permissions|not seeing messages/.test(stderr))
    return 'it takes root, or the group systemd-journal or adm, to read it';
  if (/^No journal files were found/m.test(stderr)) return 'there is none (journald.conf(5), Storage=)';
  return exitCode === 0 ? null : firstLines(stderr) || `journalctl ended with ${exitCode}`;
}
