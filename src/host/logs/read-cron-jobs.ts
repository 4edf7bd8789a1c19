import { readFileSync, readdirSync } from 'node:fs';
import { type RemovalTrace, cronTraces } from '../../core/logs/removal-traces.ts';
import { useForeignFile } from '../files/foreign-file.ts';

/** crontab(5), cron(8) and anacron(8) of Debian and of RHEL. */
const PLACES: readonly string[] = [
  '/etc/crontab',
  '/etc/anacrontab',
  ...['d', 'hourly', 'daily', 'weekly', 'monthly'].map((name) => `/etc/cron.${name}`),
  '/var/spool/cron',
  '/var/spool/cron/crontabs',
];
const MOST_FILES = 500;
const MOST_BYTES = 256 * 1024;

/** The cron jobs that call ipcrm. Best effort: the files of other users can only be read as root. */
export function readCronJobs(places = PLACES): RemovalTrace[] {
  return places.flatMap(filesOf).slice(0, MOST_FILES).flatMap(tracesOf);
}

function filesOf(place: string): string[] {
  try {
    return readdirSync(place)
      .sort()
      .map((name) => `${place}/${name}`);
  } catch {
    // A file, or missing.
    return [place];
  }
}

function tracesOf(path: string): RemovalTrace[] {
  try {
    return useForeignFile(path, 'no links', (fd, { size }) =>
      size > MOST_BYTES ? [] : cronTraces(path, readFileSync(fd, 'utf8')),
    );
  } catch {
    return [];
  }
}
