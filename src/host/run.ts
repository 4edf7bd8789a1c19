import { type Fact, known, unknown } from '../core/fact.ts';

/** A program to run: never through a shell. */
export interface Command {
  file: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  timeoutMs: number;
}

const MOST_OUTPUT = 4 * 1024 * 1024;

/**
 * What a program printed on stdout. Unknown when it cannot be run, takes too long, prints too much or does not end
 * with 0: then the reason has the first lines of its complaint. timeout(1) ends it together with all that it started, as
 * apachectl starts httpd: a child left over would hold the pipe.
 */
export async function run({ file, args, env, timeoutMs }: Command): Promise<Fact<string>> {
  // Read only when a program is really run: the start path mostly runs none.
  const { execa } = await import('execa');
  const result = await execa('timeout', ['--signal=KILL', `${timeoutMs / 1000}s`, file, ...args], {
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...env },
    extendEnv: false,
    stdin: 'ignore',
    maxBuffer: MOST_OUTPUT,
    reject: false,
  });
  if (!result.failed) return known(result.stdout);
  if (result.signal === 'SIGKILL' || result.exitCode === KILLED)
    return unknown(`${file} did not end in ${timeoutMs} ms`);
  const complaint = result.stderr.split('\n').filter((line) => line.trim() !== '');
  return unknown(`${file} failed: ${complaint.slice(0, 2).join(' ') || result.shortMessage}`);
}

/** 128 + SIGKILL, as timeout(1) has it. */
const KILLED = 137;
