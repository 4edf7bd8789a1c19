import { type Fact, known, unknown } from '../fact.ts';

/** A user that httpd runs as. */
export interface HttpdUser {
  user: string;
  uid: number;
}

/** httpd's configuration as httpd itself reports it. Paths are absolute if httpd prints them so. */
export interface HttpdSettings extends HttpdUser {
  /** The gid of its Group; null if httpd does not report it. */
  gid: number | null;
  errorLog: string | null;
  pidFile: string | null;
  /** The default mechanism of its mutexes: sysvsem, pthread, posixsem, fcntl, flock ... */
  mutexMechanism: string | null;
  /** How many registered mutexes are System V sets: the most that a start needs, not counting proxy balancers. */
  sysvMutexes: number | null;
  /** The folder of file mutexes. */
  mutexDir: string | null;
  /** The configuration files, the main one first, as far as httpd reports them. */
  configFiles: string[];
  /** All files that it includes, as far as httpd reports them. */
  includedFiles: string[];
  /** The folder of relative paths in its configuration. */
  serverRoot: string | null;
}

const USER = /^User: name="([^"]*)" id=(\d+)/m;

/** Mechanisms by APR's build options, as `httpd -V` prints them (httpd: server/main.c, show_compile_settings). */
const BUILT_WITH: Record<string, string> = {
  APR_USE_SYSVSEM_SERIALIZE: 'sysvsem',
  APR_USE_PROC_PTHREAD_SERIALIZE: 'pthread',
  APR_USE_POSIXSEM_SERIALIZE: 'posixsem',
  APR_USE_FCNTL_SERIALIZE: 'fcntl',
  APR_USE_FLOCK_SERIALIZE: 'flock',
};

/** Whether `httpd -V` is needed besides: it names the default mechanism, and the configuration file where 2.4 does not list them. */
export function needsVersion(runConfig: string, configured: HttpdUser | null): boolean {
  if (!USER.test(runConfig) && configured === null) return false;
  return configuredMechanism(runConfig) === null || includedFiles(runConfig) === null;
}

/** Why the settings of an httpd 2.2 are unknown: its `-t -D DUMP_RUN_CFG` prints only "Syntax OK". */
export const NO_USER = 'httpd does not report its user (httpd 2.2)';

/**
 * Parses the output of `httpd -t -D DUMP_RUN_CFG -D DUMP_INCLUDES` and of `httpd -V`. The configured user overrides the one that
 * httpd reports. Without either the settings are unknown.
 */
export function parseSettings(
  runConfig: string,
  version: string,
  configured: HttpdUser | null,
): Fact<HttpdSettings> {
  const reported = reportedUser(runConfig);
  const user = configured ?? reported;
  if (user === null) return unknown(NO_USER);
  const mutexMechanism = configuredMechanism(runConfig) ?? builtMechanism(version);
  const group = /^Group: name="[^"]*" id=(\d+)/m.exec(runConfig)?.[1];
  return known({
    ...user,
    gid: group === undefined ? null : Number(group),
    errorLog: /^Main ErrorLog: "([^"]*)"/m.exec(runConfig)?.[1] ?? null,
    pidFile: /^PidFile: "([^"]*)"/m.exec(runConfig)?.[1] ?? null,
    mutexMechanism,
    // 2.2 does not report its mutexes either.
    sysvMutexes: reported === null ? null : countSysvMutexes(runConfig, mutexMechanism),
    mutexDir: /^Mutex default: .*\bdir="([^"]*)"/m.exec(runConfig)?.[1] ?? null,
    configFiles: includedFiles(runConfig) ?? configFiles(version),
    includedFiles: includedFiles(runConfig) ?? configFiles(version),
    serverRoot: /^ServerRoot: "([^"]*)"/m.exec(runConfig)?.[1] ?? null,
  });
}

function reportedUser(runConfig: string): HttpdUser | null {
  const [, user, uid] = USER.exec(runConfig) ?? [];
  return user === undefined ? null : { user, uid: Number(uid) };
}

function configuredMechanism(runConfig: string): string | null {
  const configured = /^Mutex default: .*\bmechanism=(\S+)/m.exec(runConfig)?.[1];
  return configured === undefined || configured === 'default' ? null : configured;
}

function countSysvMutexes(runConfig: string, byDefault: string | null): number | null {
  if (byDefault === null) return null;
  const registered = [...runConfig.matchAll(/^Mutex (?!default:)\S+: (.*)$/gm)];
  const mechanisms = registered.map(([, how = '']) => /\bmechanism=(\S+)/.exec(how)?.[1] ?? byDefault);
  return mechanisms.filter((mechanism) => mechanism === 'sysvsem').length;
}

/** `-D DUMP_INCLUDES` prints each file after the number of the line that includes it, the main one after a star; null if this httpd does not know the option. */
function includedFiles(runConfig: string): string[] | null {
  const files = [...runConfig.matchAll(/^ +\((?:\*|\d+)\) (\/.*)$/gm)].map(([, file = '']) => file);
  return files.length === 0 ? null : files;
}

function builtMechanism(version: string): string | null {
  const flag = /^ *-D (APR_USE_\w+_SERIALIZE)/m.exec(version)?.[1];
  return flag === undefined ? null : (BUILT_WITH[flag] ?? null);
}

function configFiles(version: string): string[] {
  const root = /^ *-D HTTPD_ROOT="([^"]*)"/m.exec(version)?.[1];
  const file = /^ *-D SERVER_CONFIG_FILE="([^"]*)"/m.exec(version)?.[1];
  if (file === undefined) return [];
  if (file.startsWith('/')) return [file];
  return root === undefined ? [] : [`${root}/${file}`];
}

/** (uid_t) -1 and (gid_t) -1 are no user and no group: semctl(2) and setuid(2) refuse them (EINVAL). */
const NO_ID = 4_294_967_295;

/** What httpd -t accepts, but keeps every start from succeeding; null if nothing does. */
export function idComplaint({ user, uid, gid }: HttpdSettings): string | null {
  if (uid === NO_ID) return `User ${user} is no valid user (uid ${uid})`;
  return gid === NO_ID ? `Group is no valid group (gid ${gid})` : null;
}
