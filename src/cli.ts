import { COMMANDS, type Command } from './cli-commands.ts';
import { camelCase } from './cli-options.ts';
import { plainValues } from './cli-plain.ts';
import { escape } from './view/escape.ts';

/** sysexits.h */
const EX_USAGE = 64;

/** Reads the command line, runs the command and prints its result. Returns the exit status. */
export async function cli(args: readonly string[]): Promise<number> {
  const [name, ...words] = args;
  const command = COMMANDS.find((one) => one.name === name);
  const values = command === undefined ? null : plainValues(command.options, words);
  if (command !== undefined && values !== null) return run(command, values);
  // yargs takes 18 ms to load and to run; an empty start of Node takes 24.
  const { cliByYargs } = await import('./cli-yargs.ts');
  const done = await cliByYargs(args, run);
  return done.ok ? done.value : refuse(done.why);
}

async function run(command: Command, values: Record<string, unknown>): Promise<number> {
  for (const [name, { type }] of Object.entries(command.options))
    if (type === 'boolean') values[camelCase(name)] ??= false;
  const complaint = command.conflict?.(values) ?? null;
  if (complaint !== null) return refuse(complaint);
  const result = await command.run(values);
  if (typeof result === 'number') return result;
  process.stderr.write(result.stderr);
  process.stdout.write(result.stdout);
  return result.exitCode;
}

function refuse(usageError: string): number {
  process.stderr.write(`httpd-guard: ${escape(usageError)}\n`);
  return EX_USAGE;
}
