import { type Fact, known } from '../../core/fact.ts';
import { type UnitJob, lastJob } from '../../core/units/unit-job.ts';
import { run } from '../exec/run.ts';

const MOST_ENTRIES = 20;

/**
 * The last job of a unit by the journal entries of PID 1, which no other process can write (_PID=1, systemd.journal-fields(7)).
 * A start that never began leaves no other trace, and systemd forgets the last run of a unit that is inactive and not needed.
 * Null without such an entry. Reads no line of httpd.
 */
export async function readLastJob(unit: string, timeoutMs: number): Promise<Fact<UnitJob | null>> {
  const fields = 'MESSAGE,MESSAGE_ID,JOB_TYPE,JOB_RESULT,INVOCATION_ID';
  const output = await run({
    file: 'journalctl',
    args: [
      '--system',
      '--quiet',
      '--output=json',
      `--output-fields=${fields}`,
      `--lines=${MOST_ENTRIES}`,
      '_PID=1',
      `UNIT=${unit}`,
    ],
    timeoutMs,
  });
  if (!output.known) return output;
  return known(lastJob(output.value.split('\n')));
}
