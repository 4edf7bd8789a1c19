import {
  type ConfigurationContext,
  type WrittenFile,
  errorLogsIn,
  writtenFilesIn,
} from '../../core/httpd/error-logs.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { readConfigFiles } from './config-files.ts';
import { unitEnvironment } from './unit-environment.ts';

/** The ErrorLogs of virtual hosts by the configuration files that httpd lists. */
export function hostErrorLogs(settings: HttpdSettings, unit: UnitFacts): string[] {
  return errorLogsIn(readConfigFiles(settings.includedFiles), contextOf(settings, unit));
}

/** The files besides the main server's ErrorLog that httpd opens for writing when it starts, by the same files. */
export function writtenFiles(settings: HttpdSettings, unit: UnitFacts): WrittenFile[] {
  return writtenFilesIn(readConfigFiles(settings.includedFiles), contextOf(settings, unit));
}

function contextOf({ errorLog, serverRoot }: HttpdSettings, unit: UnitFacts): ConfigurationContext {
  return { serverRoot: serverRoot ?? '/', mainErrorLog: errorLog, environment: unitEnvironment(unit) };
}
