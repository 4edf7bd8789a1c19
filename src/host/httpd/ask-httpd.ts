import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { queryCommand } from '../../core/httpd/launch.ts';
import {
  type HttpdSettings,
  type HttpdUser,
  needsVersion,
  parseSettings,
} from '../../core/httpd/settings.ts';
import { type UnitFacts, isStartedByRoot } from '../../core/units/unit-facts.ts';
import { findStartCommand } from './start-command.ts';
import { leftMs } from '../exec/left-ms.ts';
import { steadyMs } from '../exec/steady-ms.ts';
import { type Command, firstLines, run, tryRun } from '../exec/run.ts';
import { whyUntrusted } from '../files/trusted-path.ts';

/** httpd's own report on its configuration. */
export interface HttpdAnswer {
  settings: Fact<HttpdSettings>;
  /** The configuration error, or null if the configuration is OK. A full semaphore table is no configuration error. */
  complaint: Fact<string | null>;
}

/**
 * Asks the httpd of a unit how it is configured, and so whether it can be: with the unit's own command and environment, and as
 * the unit's own user, since what an ordinary user's unit runs may be that user's own program. Makes no mutex (httpd:
 * server/main.c returns after the test_config hook, for -t and for each DUMP_ alike). `configured` is the configured user, which
 * httpd 2.2 does not report. `deadlineMs` is on steadyMs()'s clock.
 */
export async function askHttpd(
  unit: UnitFacts,
  configured: HttpdUser | null,
  deadlineMs: number,
): Promise<HttpdAnswer> {
  const launch = launcher(unit, deadlineMs);
  if (!launch.known) return { settings: launch, complaint: launch };
  const asked = launch.value(['-t', '-D', 'DUMP_RUN_CFG', '-D', 'DUMP_INCLUDES']);
  const beganMs = steadyMs();
  const first = await tryRun(asked);
  // "killall -9 httpd" kills this one as well.
  const again = !first.known && steadyMs() - beganMs < AGAIN_WITHIN_MS;
  const ran = again ? await tryRun({ ...asked, timeoutMs: leftMs(deadlineMs) }) : first;
  if (!ran.known) return { settings: ran, complaint: ran };
  const { stdout } = ran.value;
  const error = complaintOf(ran.value);
  if (error !== null) {
    return {
      settings: unknown(`httpd does not report its settings, since its configuration has an error: ${error}`),
      complaint: known(error),
    };
  }
  const version = needsVersion(stdout, configured) ? await run(launch.value(['-V'])) : unknown('not needed');
  const settings = parseSettings(stdout, version.known ? version.value : '', configured);
  return {
    settings: settings.known
      ? known({
          ...settings.value,
          pidFile: settings.value.pidFile ?? unit.pidFile,
          configFiles: toWatch(settings.value.configFiles, unit),
        })
      : settings,
    complaint: known(null),
  };
}

/**
 * The error of plain `httpd -t`; null if the configuration is OK. While it dumps its configuration, httpd skips the tests of some
 * modules: mod_ssl does not look for its certificates (httpd: ssl_engine_config.c, AP_SQ_RM_CONFIG_DUMP).
 */
export async function testConfiguration(unit: UnitFacts, deadlineMs: number): Promise<Fact<string | null>> {
  const launch = launcher(unit, deadlineMs);
  if (!launch.known) return launch;
  const ran = await tryRun(launch.value(['-t']));
  return ran.known ? known(complaintOf(ran.value)) : ran;
}

function complaintOf({
  exitCode,
  stdout,
  stderr,
}: {
  exitCode: number;
  stdout: string;
  stderr: string;
}): string | null {
  if (exitCode === 0) return null;
  // apachectl complains on stdout.
  return firstLines(stderr) || firstLines(stdout) || `httpd -t exits with ${exitCode}`;
}

/** An httpd that could not answer for so long is not asked again. */
const AGAIN_WITHIN_MS = 1_000;

function launcher(unit: UnitFacts, deadlineMs: number): Fact<(query: string[]) => Command> {
  const start = findStartCommand(unit);
  if (!start.known) return start;
  const { exec, environment } = start.value;
  const cwd = workingDirectory(unit);
  return known((query) => {
    const httpd = queryCommand(exec, environment, query);
    const shell = ['sh', '-c', SET_AND_RUN, 'sh', httpd.file, ...httpd.args];
    const [file = '', ...args] = [...apart(), ...asUser(unit, shell)];
    const timeoutMs = leftMs(deadlineMs);
    return { file, name: exec.path, args, input: environmentLines(environment), cwd, timeoutMs };
  });
}

/**
 * Runs the queried httpd in its own IPC namespace, if unshare(1) works: in ours it would be a running httpd, which could know
 * sets, for a verdict at the same moment, as before a start.
 */
function apart(): readonly string[] {
  return process.geteuid?.() === 0 ? ['sh', '-c', UNSHARE_AND_RUN, 'sh'] : [];
}

const UNSHARE_AND_RUN = 'unshare --ipc -- true 2>/dev/null && exec unshare --ipc -- "$@"; exec "$@"';

/** Runs the command as the unit's user by runuser(1), if we are root and the unit's processes are not. */
function asUser(unit: UnitFacts, command: readonly string[]): readonly string[] {
  if (process.geteuid?.() !== 0 || isStartedByRoot(unit)) return command;
  return ['runuser', '-u', unit.user, '--', ...command];
}

/**
 * A unit's environment may be written by its user, and its PATH or LD_PRELOAD must not apply to the tools that run as root first.
 * So it is set after those. It is passed on stdin, since every user can read command lines; sh takes each line as one word.
 */
const SET_AND_RUN = 'while IFS= read -r variable; do export "$variable"; done; exec "$@" </dev/null';

function environmentLines(environment: ReadonlyMap<string, string>): string {
  return [...environment]
    .filter(([name, value]) => /^[A-Za-z_]\w*$/.test(name) && !value.includes('\n'))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** The folder for relative paths on its command line (systemd.exec(5), WorkingDirectory=). */
function workingDirectory({ workingDirectory: folder }: UnitFacts): string {
  try {
    return folder.startsWith('/') && (process.geteuid?.() !== 0 || whyUntrusted(folder) === null)
      ? folder
      : '/';
  } catch {
    return '/';
  }
}

/**
 * The files that can set httpd's user, and the folders in which such a file could appear: the cached answer is outdated if one of
 * them is newer. Not all included files, since the gate checks each of them before every start.
 */
function toWatch(included: string[], unit: UnitFacts): string[] {
  const [main = '', ...others] = included;
  const namesUser = others.filter((file) => /^\s*User\s/im.test(readOrNull(file) ?? ''));
  const folders = others.map((file) => dirname(file));
  const own = [
    main,
    join(dirname(main), 'envvars'),
    unit.fragmentPath,
    // A wrapper may set the user of httpd.
    unit.execStart?.path ?? '',
    ...unit.dropInPaths,
    ...unit.environmentFiles,
  ];
  return [...new Set([...own, ...namesUser, ...folders])]
    .filter((path) => path !== '' && existsSync(path))
    .slice(0, MOST_WATCHED);
}

const MOST_WATCHED = 32;

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
