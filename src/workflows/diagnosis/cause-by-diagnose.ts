import { CAUSES, type Cause } from '../../core/diagnosis/cause.ts';
import { tryRun } from '../../host/exec/run.ts';

const TIMEOUT_MS = 6_000;

/**
 * The cause as `diagnose` reports it, in another process: what starts httpd reads no log. For display, after a recovery decided
 * to do nothing. Null if it cannot be had.
 */
export async function causeByDiagnose(unit: string, config: string | undefined): Promise<Cause | null> {
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
    timeoutMs: TIMEOUT_MS,
  });
  if (!ran.known) return null;
  try {
    const { cause } = JSON.parse(ran.value.stdout) as { cause?: unknown };
    return CAUSES.find((one) => one === cause) ?? null;
  } catch {
    return null;
  }
}
