import { diagnosisExitCode } from '../core/diagnosis.ts';
import { readRunEnding } from '../host/run-ending-file.ts';
import { explain } from '../steps/explain.ts';
import { diagnosisJson, diagnosisText } from '../view/diagnosis.ts';
import type { Done } from './done.ts';

export interface DiagnoseOptions {
  unit?: string | undefined;
  json: boolean;
  quiet: boolean;
}

const TIMEOUT_MS = 10_000;

/** Says why httpd did not start, and what to do. Changes nothing. */
export async function diagnose(options: DiagnoseOptions): Promise<Done> {
  const { findServer } = await import('../host/find-server.ts');
  const deadlineMs = performance.now() + TIMEOUT_MS;
  const server = await findServer(options.unit, 'only look', TIMEOUT_MS / 2);
  const endingOf = (invocationId: string) =>
    server.unit.known ? readRunEnding(server.unit.value.name, invocationId) : null;
  const diagnosis = await explain(server, endingOf, deadlineMs);
  const stdout = options.json
    ? `${JSON.stringify(diagnosisJson(diagnosis), null, 2)}\n`
    : diagnosisText(diagnosis, options);
  return { stdout, stderr: '', exitCode: diagnosisExitCode(diagnosis.cause) };
}
