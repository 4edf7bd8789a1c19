import { baseName } from '../text/base-name.ts';

/** One directive of a configuration, or the begin or end of a section, whose name starts with "<" or "</". Names are in lower case. */
export interface Directive {
  name: string;
  words: string[];
}

/**
 * The directives of configuration files that are effective, in their order. `texts` are the files as httpd includes them,
 * `variables` those of its environment. <IfModule> and <IfDefine> are decided by LoadModule and Define only: modules built into
 * httpd and -D options are unknown here, so a directive may be missing (httpd: configuring.html, mod_so, core).
 */
export function activeDirectives(
  texts: readonly string[],
  variables: ReadonlyMap<string, string>,
): Directive[] {
  const all = texts.flatMap(parseDirectives);
  const modules = loadedModules(all);
  const defined = new Map(variables);
  const active: Directive[] = [];
  // For each open section: whether its content is effective.
  const open: boolean[] = [];
  for (const { name, words } of all) {
    const condition = CONDITIONS[name];
    if (name.startsWith('</')) open.pop();
    else if (condition !== undefined) open.push(condition(words[0] ?? '', modules, defined));
    else if (name.startsWith('<')) open.push(true);
    if (open.includes(false) || condition !== undefined || name.startsWith('</')) continue;
    const expanded = words.map((word) => expand(word, defined));
    if (name === 'define' && expanded[0] !== undefined) defined.set(expanded[0], expanded[1] ?? '');
    active.push({ name, words: expanded });
  }
  return active;
}

type Condition = (
  word: string,
  modules: ReadonlySet<string>,
  defined: ReadonlyMap<string, string>,
) => boolean;

const CONDITIONS: Readonly<Partial<Record<string, Condition>>> = {
  '<ifmodule': (word, modules) => holds(word, (name) => modules.has(name)),
  '<ifdefine': (word, _, defined) => holds(word, (name) => defined.has(name)),
};

/** "!" before a name negates the condition. */
function holds(word: string, isSo: (name: string) => boolean): boolean {
  return word.startsWith('!') ? !isSo(word.slice(1)) : isSo(word);
}

/** By both names that <IfModule> takes: ssl_module and mod_ssl.c. */
function loadedModules(directives: readonly Directive[]): Set<string> {
  const names = directives
    .filter(({ name }) => name === 'loadmodule')
    .flatMap(({ words: [id = '', path = ''] }) => [id, baseName(path).replace(/\.so$/, '.c')]);
  return new Set(names);
}

/** All directives of a configuration file, in their order. */
export function parseDirectives(text: string): Directive[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const [name, ...words] = wordsOf(line.trim().replace(/^(<[^>]*)>.*$/, '$1'));
      return name === undefined || name.startsWith('#') ? [] : [{ name: name.toLowerCase(), words }];
    });
}

/** Blanks separate words; quotes keep them together (httpd: server/util.c, ap_getword_conf). */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}

/** An undefined variable stays as it is, as in httpd. */
function expand(word: string, variables: ReadonlyMap<string, string>): string {
  return word.replace(/\$\{([^}]+)\}/g, (whole, name: string) => variables.get(name) ?? whole);
}

/** The TCP ports that httpd listens on: Listen [ADDRESS:]PORT [PROTOCOL], and 2.2's Port. */
export function listenPorts(directives: readonly Directive[]): number[] {
  const ports = directives
    .filter(({ name }) => name === 'listen')
    .map(({ words: [address = ''] }) => Number(/(?:^|:)(\d{1,5})$/.exec(address)?.[1] ?? NaN));
  return [...new Set(ports.filter((port) => port > 0 && port < 65_536))].sort((a, b) => a - b);
}

/** The names of mod_wsgi's daemon groups, in the order of the configuration, which is that of their numbers. */
export function wsgiGroups(directives: readonly Directive[]): string[] {
  return directives.flatMap(({ name, words: [group = ''] }) => (name === 'wsgidaemonprocess' ? [group] : []));
}

/** The absolute folders of file mutexes that "Mutex" names, such as "Mutex file:/run/locks ssl-cache" (httpd: core.html, Mutex). */
export function mutexFolders(directives: readonly Directive[]): string[] {
  return directives.flatMap(({ name, words: [how = ''] }) => {
    const folder = name === 'mutex' ? /^(?:file|fcntl|flock):(\/.*)$/i.exec(how)?.[1] : undefined;
    return folder === undefined ? [] : [folder];
  });
}

/** How many balancers there are, each with a mutex of its own (httpd: modules/proxy/mod_proxy_balancer.c, balancer_post_config). */
export function countBalancers(directives: readonly Directive[]): number {
  const names = directives
    .filter(({ name }) => /^(<proxy|proxypass|balancermember)$/.test(name))
    .flatMap(({ words }) =>
      words.flatMap((word) => /^balancer:\/\/([^/]+)/i.exec(word)?.[1]?.toLowerCase() ?? []),
    );
  return new Set(names).size;
}
