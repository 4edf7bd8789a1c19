import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { queryCommand } from '../../core/httpd/launch.ts';
import { type HttpdSettings, needsVersion, parseSettings } from '../../core/httpd/settings.ts';
import { type UnitFacts, isStartedByRoot } from '../../core/units/unit-facts.ts';
import { hostErrorLogs } from './host-error-logs.ts';
import { findStartCommand } from './start-command.ts';
import { leftMs } from '../exec/left-ms.ts';
import { type Command, firstLines, run, tryRun } from '../exec/run.ts';
import { whyUntrusted } from '../files/trusted-path.ts';

/** What httpd says of its configuration. */
export interface HttpdAnswer {
  settings: Fact<HttpdSettings>;
  /** What it complains of, or null when the configuration is OK. It says OK also where no mutex can be had. */
  complaint: Fact<string | null>;
}

/**
 * Asks the httpd of a unit how it is configured, and so whether it can be: with the unit's own command and environment, and as
 * the unit's own user, since what an ordinary user's unit runs may be that user's own program. Makes no mutex (httpd:
 * server/main.c returns after the test_config hook, for -t and for each DUMP_ alike). `deadlineMs` is on performance.now()'s
 * clock.
 */
export async function askHttpd(unit: UnitFacts, deadlineMs: number): Promise<HttpdAnswer> {
  const launch = launcher(unit, deadlineMs);
  if (!launch.known) return { settings: launch, complaint: launch };
  const asked = launch.value(['-t', '-D', 'DUMP_RUN_CFG', '-D', 'DUMP_INCLUDES']);
  const ran = await tryRun(asked);
  if (!ran.known) return { settings: ran, complaint: ran };
  const { exitCode, stdout, stderr } = ran.value;
  if (exitCode !== 0) {
    // apachectl complains on stdout.
    const why = firstLines(stderr) || firstLines(stdout);
    return {
      settings: unknown(`${asked.name ?? asked.file} failed: ${why || `it ended with ${exitCode}`}`),
      complaint: known(why || `httpd -t ends with ${exitCode}`),
    };
  }
  const version = needsVersion(stdout) ? await run(launch.value(['-V'])) : unknown('it is not needed');
  const settings = parseSettings(stdout, version.known ? version.value : '');
  return {
    settings: settings.known
      ? known({
          ...settings.value,
          hostErrorLogs: hostErrorLogs(settings.value, stdout, unit),
          configFiles: toWatch(settings.value.configFiles, unit),
        })
      : settings,
    complaint: known(null),
  };
}

function launcher(unit: UnitFacts, deadlineMs: number): Fact<(question: string[]) => Command> {
  const start = findStartCommand(unit);
  if (!start.known) return start;
  const { exec, environment } = start.value;
  const cwd = workingDirectory(unit);
  return known((question) => {
    const httpd = queryCommand(exec, environment, question);
    const shell = ['sh', '-c', SET_AND_RUN, 'sh', httpd.file, ...httpd.args];
    const [file = '', ...args] = [...apart(), ...asUser(unit, shell)];
    const timeoutMs = leftMs(deadlineMs);
    return { file, name: exec.path, args, input: environmentLines(environment), cwd, timeoutMs };
  });
}

/**
 * unshare(1), where it works: the httpd that is asked gets an IPC namespace of its own, for in ours it would be a living
 * httpd like any other, and whoever judges sets in that moment, as before a start, could not tell that it uses none.
 */
function apart(): readonly string[] {
  return process.geteuid?.() === 0 ? ['sh', '-c', UNSHARE_AND_RUN, 'sh'] : [];
}

const UNSHARE_AND_RUN = 'unshare --ipc -- true 2>/dev/null && exec unshare --ipc -- "$@"; exec "$@"';

/** runuser(1), when we are root and the unit's processes are not. */
function asUser(unit: UnitFacts, command: readonly string[]): readonly string[] {
  if (process.geteuid?.() !== 0 || isStartedByRoot(unit)) return command;
  return ['runuser', '-u', unit.user, '--', ...command];
}

/**
 * What a unit's environment holds may come from its user, and PATH or LD_PRELOAD would be root's in all that runs as we do
 * first. So it is set behind that, and comes by stdin, since everybody can read command lines. sh takes each line as one word.
 */
const SET_AND_RUN = 'while IFS= read -r variable; do export "$variable"; done; exec "$@" </dev/null';

function environmentLines(environment: ReadonlyMap<string, string>): string {
  return [...environment]
    .filter(([name, value]) => /^[A-Za-z_]\w*$/.test(name) && !value.includes('\n'))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Where relative words on its command line begin (systemd.exec(5), WorkingDirectory=). */
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
 * The files that say which user httpd runs as, and the folders in which another could appear: newer ones make the answer
 * old. Not all that is included, for the gate looks at each before every start.
 */
function toWatch(included: string[], unit: UnitFacts): string[] {
  const [main = '', ...others] = included;
  const namesUser = others.filter((file) => /^\s*User\s/im.test(readOrNull(file) ?? ''));
  const folders = others.map((file) => dirname(file));
  const own = [
    main,
    join(dirname(main), 'envvars'),
    unit.fragmentPath,
    // A wrapper may say who httpd runs as.
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
