import { type Fact, known, unknown } from '../fact.ts';

/** httpd's configuration as httpd itself reports it. Paths are absolute if httpd prints them so. */
export interface HttpdSettings {
  user: string;
  uid: number;
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
export function needsVersion(runConfig: string): boolean {
  if (!USER.test(runConfig)) return false;
  return configuredMechanism(runConfig) === null || includedFiles(runConfig) === null;
}

/**
 * Parses the output of `httpd -t -D DUMP_RUN_CFG -D DUMP_INCLUDES` (2.4; 2.2 prints only "Syntax OK", which is unknown) and of
 * `httpd -V`.
 */
export function parseSettings(runConfig: string, version: string): Fact<HttpdSettings> {
  const user = USER.exec(runConfig);
  if (user?.[1] === undefined) return unknown('httpd does not report its user (httpd -t -D DUMP_RUN_CFG)');
  const mutexMechanism = configuredMechanism(runConfig) ?? builtMechanism(version);
  const group = /^Group: name="[^"]*" id=(\d+)/m.exec(runConfig)?.[1];
  return known({
    user: user[1],
    uid: Number(user[2]),
    gid: group === undefined ? null : Number(group),
    errorLog: /^Main ErrorLog: "([^"]*)"/m.exec(runConfig)?.[1] ?? null,
    pidFile: /^PidFile: "([^"]*)"/m.exec(runConfig)?.[1] ?? null,
    mutexMechanism,
    sysvMutexes: countSysvMutexes(runConfig, mutexMechanism),
    mutexDir: /^Mutex default: .*\bdir="([^"]*)"/m.exec(runConfig)?.[1] ?? null,
    configFiles: includedFiles(runConfig) ?? configFiles(version),
    includedFiles: includedFiles(runConfig) ?? configFiles(version),
    serverRoot: /^ServerRoot: "([^"]*)"/m.exec(runConfig)?.[1] ?? null,
  });
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
