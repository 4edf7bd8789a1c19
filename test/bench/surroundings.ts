// What a host with httpd has around its semaphores, made inside the bench's own namespaces.
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { cacheSettings } from '../../src/host/state/settings-cache.ts';
import { settings } from '../view/report/report-builder.ts';
import { must } from './must.ts';

/** As on RHEL. */
export const HTTPD_UID = 48;
/** Whose sets are nobody's business here: of no account, and so with no name that the loop could match. */
export const FOREIGN_UID = 4_800_048;
export const UNIT = 'bench.service';
export const ROOT_PROCESSES = 80;
export const HTTPD_USER_PROCESSES = 20;
const PHP_FPM_BYTES = 5 * 1024 * 1024;

/** Processes stay until their namespace ends. */
export function makeSurroundings(folder: string): void {
  nameApache(folder);
  rememberSettings();
  startProcesses(folder);
}

/** The loop looks for "apache" in what ipcs prints: the owner's name has to have it. */
function nameApache(folder: string): void {
  const others = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('apache:') && line.split(':')[2] !== String(HTTPD_UID));
  const path = join(folder, 'passwd');
  writeFileSync(path, [...others, `apache:x:${HTTPD_UID}:${HTTPD_UID}::/:/sbin/nologin`, ''].join('\n'));
  must('mount', '--bind', path, '/etc/passwd');
}

/** httpd's last good answer, of which no source is newer. */
function rememberSettings(): void {
  for (const folder of ['/var/lib', '/run']) must('mount', '-t', 'tmpfs', 'httpd-guard-bench', folder);
  const of = settings({
    user: 'apache',
    uid: HTTPD_UID,
    pidFile: '/run/httpd-guard-bench.pid',
    configFiles: [],
  });
  const written = cacheSettings(UNIT, { settings: of, starterUid: 0, userFrom: null });
  if (!written.ok) throw new Error(written.why);
}

/** Programs of httpd's own user have to be looked into to tell that they are none: those are given the size of a php-fpm. */
function startProcesses(folder: string): void {
  const program = join(folder, 'php-fpm');
  copyFileSync('/usr/bin/sleep', program);
  appendFileSync(program, randomBytes(PHP_FPM_BYTES));
  chmodSync(program, 0o755);
  chmodSync(folder, 0o755);
  for (let i = 0; i < ROOT_PROCESSES; i++) spawn('sleep', ['infinity'], { stdio: 'ignore' }).unref();
  for (let i = 0; i < HTTPD_USER_PROCESSES; i++)
    spawn(program, ['infinity'], { stdio: 'ignore', uid: HTTPD_UID, gid: HTTPD_UID }).unref();
}
