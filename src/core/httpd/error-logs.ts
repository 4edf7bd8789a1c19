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

/** The most log files that are read for a diagnosis. */
const MOST_LOGS = 64;

/**
 * The files of the ErrorLog directives of virtual hosts: httpd prints only that of the main server (-D DUMP_RUN_CFG). `texts` are
 * the configuration files in the order in which httpd reads them. Pipes, syslog and paths with an unknown variable are skipped.
 */
export function errorLogsIn(texts: readonly string[], context: ConfigurationContext): string[] {
  const lines = texts.flatMap(parseDirectives);
  const variables = new Map([...context.environment, ...defines(lines)]);
  const logs = errorLogs(lines);
  // The expanded ErrorLog shows the value of a variable that a wrapper sets, as apachectl does from envvars.
  for (const { path, isInHost } of logs)
    if (!isInHost && context.mainErrorLog !== null) learn(variables, path, context.mainErrorLog);
  const paths = logs.flatMap(({ path }) => absolute(expand(path, variables), context.serverRoot) ?? []);
  return [...new Set(paths)].filter((path) => path !== context.mainErrorLog).slice(0, MOST_LOGS);
}

interface ErrorLog {
  path: string;
  isInHost: boolean;
}

function errorLogs(lines: readonly Directive[]): ErrorLog[] {
  let isInHost = false;
  return lines.flatMap(({ name, words: [path] }) => {
    if (name === '<virtualhost' || name === '</virtualhost') isInHost = name === '<virtualhost';
    return name === 'errorlog' && path !== undefined ? [{ path, isInHost }] : [];
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
