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
 * `runConfig` is httpd's output (-D DUMP_RUN_CFG), which contains ServerRoot.
 */
export function hostErrorLogs(
  { errorLog, configFiles }: HttpdSettings,
  runConfig: string,
  unit: UnitFacts,
): string[] {
  const texts = configFiles.slice(0, MOST_FILES).map(readBeginning);
  const serverRoot = /^ServerRoot: "([^"]*)"/m.exec(runConfig)?.[1] ?? '/';
  return errorLogsIn(texts, { serverRoot, mainErrorLog: errorLog, environment: unitEnvironment(unit) });
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
