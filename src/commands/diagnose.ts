import { diagnosisExitCode } from '../core/diagnosis/diagnosis.ts';
import { readConfiguration } from '../host/config/configuration.ts';
import { readRunEnding } from '../host/state/read-run-ending.ts';
import { diagnoseServer } from '../workflows/diagnose.ts';
import { diagnosisJson, diagnosisText } from '../view/diagnosis.ts';
import { type CommonOptions, type CommandResult, wrongConfiguration } from './command-result.ts';
import { findServer, wantedServer } from '../workflows/find-server.ts';

const TIMEOUT_MS = 10_000;

/** Says why httpd did not start, and what to do. Changes nothing. */
export async function diagnose(options: CommonOptions): Promise<CommandResult> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, 3);
  const wanted = { ...wantedServer(options.unit, configuration.value), failedFirst: true };
  const server = await findServer(wanted, 'only look', TIMEOUT_MS / 2);
  const endingOf = (invocationId: string) =>
    server.unit.known ? readRunEnding(server.unit.value.name, invocationId) : null;
  const diagnosis = await diagnoseServer(server, endingOf, deadlineMs);
  const stdout = options.json
    ? `${JSON.stringify(diagnosisJson(diagnosis), null, 2)}\n`
    : diagnosisText(diagnosis, options);
  return { stdout, stderr: '', exitCode: diagnosisExitCode(diagnosis.cause) };
}
