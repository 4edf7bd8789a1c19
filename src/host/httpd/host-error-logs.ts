import { errorLogsIn } from '../../core/httpd/error-logs.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { readConfigFiles } from './config-files.ts';
import { unitEnvironment } from './unit-environment.ts';

/** The ErrorLogs of virtual hosts by the configuration files that httpd lists. */
export function hostErrorLogs(
  { errorLog: mainErrorLog, includedFiles, serverRoot }: HttpdSettings,
  unit: UnitFacts,
): string[] {
  return errorLogsIn(readConfigFiles(includedFiles), {
    serverRoot: serverRoot ?? '/',
    mainErrorLog,
    environment: unitEnvironment(unit),
  });
}
