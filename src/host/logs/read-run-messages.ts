import { type Fact, known } from '../../core/fact.ts';
import { RUN_MESSAGE_FIELDS, type RunMessage, parseRunMessage } from '../../core/logs/run-message.ts';
import { run } from '../exec/run.ts';

const MOST_ENTRIES = 200;

/** The last messages of one run of a unit in the journal, oldest first. `invocationId` is the unit's InvocationID. */
export async function readRunMessages(invocationId: string, timeoutMs: number): Promise<Fact<RunMessage[]>> {
  const output = await run({
    file: 'journalctl',
    args: [
      '--quiet',
      '--output=json',
      `--output-fields=${RUN_MESSAGE_FIELDS.join()}`,
      `--lines=${MOST_ENTRIES}`,
      `_SYSTEMD_INVOCATION_ID=${invocationId}`,
    ],
    timeoutMs,
  });
  return output.known ? known(output.value.split('\n').flatMap(parseRunMessage)) : output;
}
