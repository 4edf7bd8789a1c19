import { CAUSES, type Cause } from '../../core/diagnosis/cause.ts';
import { isOnlyByLog } from '../../core/diagnosis/only-by-log.ts';
import type { Evidence } from '../../core/evidence.ts';
import { tryRun } from '../../host/exec/run.ts';

const TIMEOUT_MS = 6_000;

/** For display only: it includes lines of logs. */
export interface ShownDiagnosis {
  cause: Cause | null;
  onlyByLog: boolean;
  /** Who may have removed sets of the running server. */
  suspects: readonly string[];
}

/**
 * What `diagnose` reports, in another process: what starts httpd reads no log. For display, after a recovery decided to do
 * nothing, and in an alarm. Null if it cannot be had.
 */
export async function askDiagnose(
  unit: string,
  config: string | undefined,
  timeoutMs = TIMEOUT_MS,
): Promise<ShownDiagnosis | null> {
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('HTTPD_GUARD_'));
  const ran = await tryRun({
    file: process.execPath,
    name: 'httpd-guard diagnose',
    args: [
      ...process.execArgv,
      process.argv[1] ?? '',
      ...['diagnose', '--json', '--unit', unit],
      ...(config === undefined ? [] : ['--config', config]),
    ],
    env: Object.fromEntries(settings) as Record<string, string>,
    timeoutMs,
  });
  if (!ran.known) return null;
  try {
    const { cause, evidence } = JSON.parse(ran.value.stdout) as { cause: unknown; evidence: Evidence[] };
    const suspects = evidence.filter(({ rule }) => rule === 'may-have-removed');
    const named = CAUSES.find((one) => one === cause) ?? null;
    return {
      cause: named,
      onlyByLog: named !== null && isOnlyByLog(named, evidence),
      suspects: suspects.map(({ saw, source }) => `${saw} (${source})`),
    };
  } catch {
    return null;
  }
}
