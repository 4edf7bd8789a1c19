import { type Fact, known } from '../../core/fact.ts';
import { parseJournalEntry } from '../../core/logs/journal-entry.ts';
import { run } from '../exec/run.ts';

const MOST_ENTRIES = 200;

/** The last messages that journald saw from one run of a unit, the oldest first. `invocationId` is systemd's. */
export async function readRunMessages(invocationId: string, timeoutMs: number): Promise<Fact<string[]>> {
  const output = await run({
    file: 'journalctl',
    args: [
      ...['--quiet', '--output=json', '--output-fields=MESSAGE', `--lines=${MOST_ENTRIES}`],
      `_SYSTEMD_INVOCATION_ID=${invocationId}`,
    ],
    timeoutMs,
  });
  if (!output.known) return output;
  return known(
    output.value.split('\n').flatMap((line) => parseJournalEntry(line)?.message.split('\n') ?? []),
  );
}
