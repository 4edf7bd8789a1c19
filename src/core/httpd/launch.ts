import type { ExecLine } from '../units/unit-facts.ts';

export interface Launch {
  file: string;
  args: string[];
}

/** What a unit's start line says beyond the configuration to use: start, stop, stay in the foreground. */
const START_WORDS = /^(start|graceful|restart|-DFOREGROUND|-X|-DNO_DETACH)$/;

/**
 * The command that asks httpd about the very configuration that its unit starts, without starting it: the start line of
 * the unit, with the environment's words in it replaced as systemd does (systemd.service(5), COMMAND LINES), and without
 * the words that start.
 */
export function questionLaunch(
  exec: ExecLine,
  environment: ReadonlyMap<string, string>,
  question: readonly string[],
): Launch {
  const words = exec.argv.slice(1).flatMap((word) => expand(word, environment));
  const args: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '-k' || (word === '-D' && START_WORDS.test(`-D${words[i + 1] ?? ''}`))) i++;
    else if (!START_WORDS.test(word)) args.push(word);
  }
  return { file: exec.path, args: [...args, ...question] };
}

function expand(word: string, environment: ReadonlyMap<string, string>): string[] {
  const whole = /^\$(\w+)$/.exec(word)?.[1];
  if (whole !== undefined) return (environment.get(whole) ?? '').split(/\s+/).filter((part) => part !== '');
  return [word.replace(/\$\{(\w+)\}/g, (_, name: string) => environment.get(name) ?? '')];
}

/** KEY=value lines of a unit's Environment= and of its environment files, the later one counting; quotes around a value go. */
export function parseEnvironment(lines: readonly string[]): Map<string, string> {
  const environment = new Map<string, string>();
  for (const line of lines) {
    const match = /^\s*([A-Za-z_]\w*)=(.*?)\s*$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    environment.set(match[1], match[2].replace(/^(["'])(.*)\1$/, '$2'));
  }
  return environment;
}
