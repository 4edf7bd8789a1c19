import { type Directive, parseDirectives } from './directives.ts';

/** The context in which configuration values are expanded. */
export interface ConfigurationContext {
  /** ServerRoot, the folder of relative paths. */
  serverRoot: string;
  /** The main server's ErrorLog as expanded by httpd; null if httpd does not report it. */
  mainErrorLog: string | null;
  /** The environment of httpd, as far as it is known. */
  environment: ReadonlyMap<string, string>;
}

/** A file that httpd opens for writing when it starts, and its directive. */
export interface WrittenFile {
  path: string;
  directive: string;
}

/** The most files that are read or tried for a diagnosis. */
const MOST_FILES = 64;

/** Sources: httpd server/log.c, mod_log_config.c, mod_log_forensic.c, mod_cgid.c, 2.2's mod_rewrite.c; mod_jk.c; ModSecurity apache2_config.c. */
const WRITTEN = [
  'ErrorLog',
  'CustomLog',
  'TransferLog',
  'GlobalLog',
  'ForensicLog',
  'ScriptSock',
  'RewriteLog',
  'JkLogFile',
  'SecAuditLog',
  'SecDebugLog',
] as const;
const DIRECTIVE: ReadonlyMap<string, string> = new Map(WRITTEN.map((name) => [name.toLowerCase(), name]));

/**
 * The files of the ErrorLog directives of virtual hosts: httpd prints only that of the main server (-D DUMP_RUN_CFG). `texts` are
 * the configuration files in the order in which httpd reads them. Pipes, syslog and paths with an unknown variable are skipped.
 */
export function errorLogsIn(texts: readonly string[], context: ConfigurationContext): string[] {
  return written(texts, context)
    .filter(({ directive }) => directive === 'ErrorLog')
    .map(({ path }) => path)
    .slice(0, MOST_FILES);
}

/** The files that httpd opens for writing when it starts, besides the main server's ErrorLog; read and skipped as above. */
export function writtenFilesIn(texts: readonly string[], context: ConfigurationContext): WrittenFile[] {
  return written(texts, context).slice(0, MOST_FILES);
}

function written(texts: readonly string[], context: ConfigurationContext): WrittenFile[] {
  const lines = texts.flatMap(parseDirectives);
  const variables = new Map([...context.environment, ...defines(lines)]);
  const logs = namedFiles(lines);
  // The expanded ErrorLog shows the value of a variable that a wrapper sets, as apachectl does from envvars.
  for (const { word, isMain } of logs)
    if (isMain && context.mainErrorLog !== null) learn(variables, word, context.mainErrorLog);
  const byPath = new Map<string, WrittenFile>();
  for (const { word, directive } of logs) {
    const path = absolute(expand(word, variables), context.serverRoot);
    if (path !== null && path !== context.mainErrorLog && !byPath.has(path))
      byPath.set(path, { path, directive });
  }
  return [...byPath.values()];
}

interface NamedFile {
  word: string;
  directive: string;
  /** Whether it is an ErrorLog of the main server. */
  isMain: boolean;
}

function namedFiles(lines: readonly Directive[]): NamedFile[] {
  let isInHost = false;
  return lines.flatMap(({ name, words: [word] }) => {
    if (name === '<virtualhost' || name === '</virtualhost') isInHost = name === '<virtualhost';
    const directive = DIRECTIVE.get(name);
    return directive === undefined || word === undefined
      ? []
      : [{ word, directive, isMain: directive === 'ErrorLog' && !isInHost }];
  });
}

function defines(lines: readonly Directive[]): [string, string][] {
  return lines.flatMap(({ name, words: [variable, value] }) =>
    name === 'define' && variable !== undefined && value !== undefined
      ? [[variable, value] as [string, string]]
      : [],
  );
}

const VARIABLE = /\$\{(\w+)\}/g;

/** Derives the value of the only variable in a word from the expanded word. */
function learn(variables: Map<string, string>, word: string, expanded: string): void {
  const [first, ...more] = [...word.matchAll(VARIABLE)];
  const name = first?.[1];
  if (first === undefined || name === undefined || more.length > 0) return;
  const before = word.slice(0, first.index);
  const behind = word.slice(first.index + first[0].length);
  if (expanded.length < before.length + behind.length) return;
  if (!expanded.startsWith(before) || !expanded.endsWith(behind)) return;
  variables.set(name, expanded.slice(before.length, expanded.length - behind.length));
}

/** Expands variables, also those in their values; null if one is unknown. */
function expand(word: string, variables: ReadonlyMap<string, string>): string | null {
  let expanded = word;
  for (let depth = 0; depth < 3; depth++)
    expanded = expanded.replace(VARIABLE, (whole, name: string) => variables.get(name) ?? whole);
  return expanded.includes('${') ? null : expanded;
}

function absolute(path: string | null, serverRoot: string): string | null {
  if (path === null || path === '' || path.startsWith('|') || path.startsWith('syslog')) return null;
  return path.startsWith('/') ? path : `${serverRoot}/${path}`;
}
