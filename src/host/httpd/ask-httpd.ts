import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Fact, known } from '../../core/fact.ts';
import { queryCommand } from '../../core/httpd/launch.ts';
import { type HttpdSettings, parseSettings } from '../../core/httpd/settings.ts';
import { type UnitFacts, isStartedByRoot } from '../../core/units/unit-facts.ts';
import { findStartCommand } from './start-command.ts';
import { type Command, firstLines, run, tryRun } from '../exec/run.ts';
import { whyUntrusted } from '../files/trusted-path.ts';

/**
 * Asks the httpd of a unit how it is configured, with the unit's own command and environment, and as the unit's own user:
 * what an ordinary user's unit runs may be that user's own program. Makes no mutex (httpd: server/main.c returns after the
 * test_config hook).
 */
export async function askHttpd(unit: UnitFacts, timeoutMs: number): Promise<Fact<HttpdSettings>> {
  const launch = await launcher(unit, timeoutMs);
  if (!launch.known) return launch;
  const [runConfig, version] = await Promise.all([
    run(launch.value(['-t', '-D', 'DUMP_RUN_CFG', '-D', 'DUMP_INCLUDES'])),
    run(launch.value(['-V'])),
  ]);
  if (!runConfig.known) return runConfig;
  const settings = parseSettings(runConfig.value, version.known ? version.value : '');
  if (!settings.known) return settings;
  return {
    known: true,
    value: { ...settings.value, configFiles: toWatch(settings.value.configFiles, unit) },
  };
}

/** What `httpd -t` complains of, or null when it says that the configuration is OK. Says OK also where no mutex can be had. */
export async function testConfiguration(unit: UnitFacts, timeoutMs: number): Promise<Fact<string | null>> {
  const launch = await launcher(unit, timeoutMs);
  if (!launch.known) return launch;
  const ran = await tryRun(launch.value(['-t']));
  if (!ran.known) return ran;
  const { exitCode, stderr } = ran.value;
  return known(exitCode === 0 ? null : firstLines(stderr) || `httpd -t ends with ${exitCode}`);
}

async function launcher(unit: UnitFacts, timeoutMs: number): Promise<Fact<(question: string[]) => Command>> {
  const start = findStartCommand(unit);
  if (!start.known) return start;
  const { exec, environment } = start.value;
  const prefix = await apart();
  const cwd = workingDirectory(unit);
  return known((question) => {
    const httpd = queryCommand(exec, environment, question);
    const shell = ['sh', '-c', SET_AND_RUN, 'sh', httpd.file, ...httpd.args];
    const [file = '', ...args] = [...prefix, ...asUser(unit, shell)];
    return { file, name: exec.path, args, input: environmentLines(environment), cwd, timeoutMs };
  });
}

let prefixOnce: Promise<readonly string[]> | undefined;

/**
 * unshare(1), where it works: the httpd that is asked gets an IPC namespace of its own, for in ours it would be a living
 * httpd like any other, and whoever judges sets in that moment, as before a start, could not tell that it uses none.
 */
function apart(): Promise<readonly string[]> {
  const prefix = ['unshare', '--ipc', '--'];
  return (prefixOnce ??=
    process.geteuid?.() === 0
      ? run({ file: 'unshare', args: ['--ipc', '--', 'true'], timeoutMs: UNSHARE_TIMEOUT_MS }).then(
          ({ known: works }) => (works ? prefix : []),
        )
      : Promise.resolve([]));
}

const UNSHARE_TIMEOUT_MS = 1_000;

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
