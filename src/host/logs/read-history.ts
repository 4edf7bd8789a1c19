import { type Fact, known, unknown } from '../../core/fact.ts';
import {
  HISTORY_FIELDS,
  HISTORY_MATCHES,
  type HistoryEntry,
  parseHistoryEntry,
} from '../../core/logs/history-entry.ts';
import { type Ran, firstLines, tryRun } from '../exec/run.ts';

/** An entry has at most 3 kB, and run.ts accepts 4 MiB. */
const MOST_ENTRIES = 1_000;

export interface HistoryQuestion {
  /** In journalctl's syntax; null for all entries. */
  since: string | null;
  unit: string | null;
  timeoutMs: number;
  /** 1000 by default. */
  mostEntries?: number;
}

export interface History {
  /** Newest last. */
  entries: readonly HistoryEntry[];
  /** Whether there are older entries. */
  more: boolean;
}

export type HistoryAnswer =
  | { known: true; value: History }
  /** `badSince`: journalctl rejected `since`. */
  | { known: false; why: string; badSince?: boolean };

/** httpd-guard's entries in the system journal. Unknown if it cannot be read completely. */
export async function readHistory({
  since,
  unit,
  timeoutMs,
  mostEntries = MOST_ENTRIES,
}: HistoryQuestion): Promise<HistoryAnswer> {
  const { TZ } = process.env;
  const journalctl = (...args: string[]): Promise<Fact<Ran>> =>
    tryRun({
      file: 'journalctl',
      // Without --system an ordinary user would get only the user's own journal.
      args: ['--system', '--no-pager', ...args],
      // A time without a zone is in the caller's zone.
      env: TZ === undefined ? {} : { TZ },
      timeoutMs,
    });
  const [look, ran] = await Promise.all([
    // With JSON output journalctl does not report what it may not read.
    journalctl('--output=short', '--lines=1'),
    journalctl(
      '--output=json',
      `--output-fields=${HISTORY_FIELDS.join()}`,
      `--lines=${mostEntries + 1}`,
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
      why: firstLines(stderr) || `journalctl exited with ${exitCode}`,
      badSince: /^Failed to parse timestamp/m.test(stderr),
    };
  const entries = stdout.split('\n').flatMap((line) => parseHistoryEntry(line) ?? []);
  return known({ entries: entries.slice(-mostEntries), more: entries.length > mostEntries });
}

/** Why not all of the journal is readable, by journalctl's messages (systemd: journal-util.c, journal_access_check_and_warn). */
function obstacleIn({ exitCode, stderr }: Ran): string | null {
  if (/insufficient permissions|not seeing messages/.test(stderr))
    return 'permission denied; run as root or as a member of the group systemd-journal or adm';
  if (/^No journal files were found/m.test(stderr)) return 'there is no journal (journald.conf(5), Storage=)';
  return exitCode === 0 ? null : firstLines(stderr) || `journalctl exited with ${exitCode}`;
}
