import { readSync } from 'node:fs';
import { errorLogsIn } from '../../core/httpd/error-logs.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { useForeignFile } from '../files/foreign-file.ts';
import { unitEnvironment } from './unit-environment.ts';

const MOST_FILES = 256;
const MOST_BYTES = 256 * 1024;

/**
 * The ErrorLogs of virtual hosts by the configuration files that httpd lists, at most 256 files and 256 KiB of each.
 */
export function hostErrorLogs(
  { errorLog: mainErrorLog, includedFiles, serverRoot }: HttpdSettings,
  unit: UnitFacts,
): string[] {
  const texts = includedFiles.slice(0, MOST_FILES).map(readBeginning);
  const environment = unitEnvironment(unit);
  return errorLogsIn(texts, { serverRoot: serverRoot ?? '/', mainErrorLog, environment });
}

/** The beginning of a file; empty if it cannot be read, which httpd as another user may still be able to. Does not wait for a pipe's writer. */
function readBeginning(path: string): string {
  try {
    return useForeignFile(path, 'links', (fd, { size }) => {
      const bytes = Buffer.alloc(Math.min(size, MOST_BYTES));
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0));
    });
  } catch {
    return '';
  }
}
