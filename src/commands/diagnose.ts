import { diagnosisExitCode } from '../core/diagnosis/diagnosis.ts';
import { readConfiguration } from '../host/config/configuration.ts';
import { readRunEnding } from '../host/state/read-run-ending.ts';
import { ASK_TIMEOUT_MS, SystemdSession } from '../host/systemd/systemd-session.ts';
import { diagnoseServer } from '../workflows/diagnosis/diagnose.ts';
import { jsonText } from '../view/json-text.ts';
import { diagnosisJson, diagnosisText } from '../view/diagnosis.ts';
import { type CommonOptions, type CommandResult, wrongConfiguration } from './command-result.ts';
import { findServer, serverChoice } from '../workflows/servers/find-server.ts';

export type DiagnoseOptions = Pick<CommonOptions, 'unit' | 'config' | 'json' | 'quiet'>;

/** A read-only command ends within 6 s, even if something hangs. */
const TIMEOUT_MS = 5_500;

/** Prints why httpd failed, and commands that fix it. Read-only. */
export async function diagnose(options: DiagnoseOptions): Promise<CommandResult> {
  const systemd = SystemdSession.within(TIMEOUT_MS);
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, 3);
  const choice = { ...serverChoice(options.unit, configuration.value), failedFirst: true };
  const server = await findServer(choice, 'read-only', systemd.atMost(ASK_TIMEOUT_MS));
  const endingOf = (invocationId: string) =>
    server.unit.known ? readRunEnding(server.unit.value.name, invocationId) : null;
  const diagnosis = await diagnoseServer(server, endingOf, systemd);
  const stdout = options.json ? jsonText(diagnosisJson(diagnosis)) : diagnosisText(diagnosis, options);
  return { stdout, stderr: '', exitCode: diagnosisExitCode(diagnosis.cause) };
}
