import type { ExecLine } from '../units/unit-facts.ts';

export interface Launch {
  file: string;
  args: string[];
}

/** How the httpd of a unit is started: its program, command line and environment. */
export interface StartCommand {
  exec: ExecLine;
  environment: ReadonlyMap<string, string>;
}

/** Arguments of a unit's start line that start httpd or keep it in the foreground, as opposed to those that select its configuration. */
const START_WORDS = /^(start|graceful|restart|-DFOREGROUND|-X|-DNO_DETACH)$/;

/**
 * The command that queries httpd about the configuration its unit uses, without starting it: ExecStart= with its variables
 * expanded as systemd does (systemd.service(5), COMMAND LINES), without the arguments that start httpd, and with `query`.
 */
export function queryCommand(
  exec: ExecLine,
  environment: ReadonlyMap<string, string>,
  query: readonly string[],
): Launch {
  const words = exec.argv.slice(1).flatMap((word) => expand(word, environment));
  const args: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '-k' || (word === '-D' && START_WORDS.test(`-D${words[i + 1] ?? ''}`))) i++;
    else if (!START_WORDS.test(word)) args.push(word);
  }
  return { file: exec.path, args: [...args, ...query] };
}

function expand(word: string, environment: ReadonlyMap<string, string>): string[] {
  const whole = /^\$(\w+)$/.exec(word)?.[1];
  if (whole !== undefined) return splitWords(environment.get(whole) ?? '');
  return [word.replace(/\$\{(\w+)\}/g, (_, name: string) => environment.get(name) ?? '')];
}

/** At white space outside of quotes, which are removed, as "$NAME" alone is split (systemd: env-util.c, replace_env_argv). */
function splitWords(value: string): string[] {
  const words = value.match(/(?:[^\s"'\\]|\\[^]|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|["'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /\\([^])|(["'])((?:(?!\2)[^\\]|\\[^])*)\2|["'\\]/g,
      (_, escaped?: string, _quote?: string, inner?: string) =>
        escaped ?? (inner ?? '').replace(/\\([^])/g, '$1'),
    ),
  );
}

/** Parses KEY=value lines of Environment= and environment files: later lines override earlier ones, quotes around a value are removed, other lines skipped. */
export function parseEnvironment(lines: readonly string[]): Map<string, string> {
  const environment = new Map<string, string>();
  for (const line of lines) {
    const match = /^([A-Za-z_]\w*)=(.*)$/.exec(line.trim());
    if (match?.[1] === undefined || match[2] === undefined) continue;
    environment.set(match[1], match[2].replace(/^(["'])(.*)\1$/, '$2'));
  }
  return environment;
}
