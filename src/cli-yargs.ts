import yargs, { type Argv } from 'yargs';
import { COMMANDS, type Command } from './cli-commands.ts';
import { UsageError } from './cli-options.ts';
import { type DoneWith, doneWith, notDone } from './core/done.ts';
import { nearest } from './core/text/nearest.ts';

declare const __VERSION__: string;

type Run = (command: Command, values: Record<string, unknown>) => Promise<number>;

/** Reads any command line and calls `run` with the command and its values, or prints help. The value is the exit status. */
export async function cliByYargs(args: readonly string[], run: Run): Promise<DoneWith<number, 'usage'>> {
  try {
    return doneWith(await parse(args, run));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return notDone('usage', error.message);
  }
}

async function parse(args: readonly string[], run: Run): Promise<number> {
  let exitStatus = 0;
  // "help clean" is "clean --help".
  const words = args[0] === 'help' ? [...args.slice(1, 2), '--help'] : args;
  refuseUnknownNames(words);
  const parser = yargs(words)
    .scriptName('httpd-guard')
    .usage(
      '$0 COMMAND [OPTION]...\n\nRemoves the semaphore sets that a killed Apache httpd leaked, and nothing else.',
    );
  for (const command of COMMANDS)
    parser.command(
      command.name,
      command.description,
      (builder) => describe(command, builder),
      async (values) => {
        exitStatus = await run(command, values);
      },
    );
  await parser
    .epilogue("'httpd-guard COMMAND --help' describes a command; the manual is httpd-guard(8).")
    .demandCommand(1, 1, 'no command given; httpd-guard --help lists the commands')
    .strict()
    .help('help', 'print help')
    .version('version', 'print the version', __VERSION__)
    .exitProcess(false)
    .fail((message: string | null, error?: Error) => {
      // yargs has a message of its own for a usage error, and none for an error of a command.
      throw message === null
        ? (error ?? new Error('failed without a reason'))
        : new UsageError(message.trim().replace(/\s*\n\s*/g, ' '));
    })
    .parseAsync();
  return exitStatus;
}

function describe({ name, description, options, examples, exitStatus }: Command, builder: Argv): Argv {
  for (const [line, purpose] of examples) builder.example(`$0 ${line}`, purpose);
  return builder
    .usage(`$0 ${name} [OPTION]...\n\n${description}`)
    .options(options)
    .epilogue(`Exit status: ${exitStatus}`);
}

const GLOBAL_OPTIONS = ['help', 'version'];

/** yargs names unknown words without the command and without a suggestion. Its other checks stay. */
function refuseUnknownNames([name, ...words]: readonly string[]): void {
  if (name === undefined || name.startsWith('--help') || name.startsWith('--version')) return;
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    if (name.startsWith('-'))
      throw new UsageError(`${name} comes before the command: httpd-guard COMMAND [OPTION]...`);
    const near = nearest(
      name,
      COMMANDS.map((one) => one.name),
    );
    throw new UsageError(
      `unknown command "${name}": ${near === null ? 'httpd-guard --help lists the commands' : `did you mean ${near}?`}`,
    );
  }
  const given = new Set<string>();
  const end = words.indexOf('--');
  for (const word of end < 0 ? words : words.slice(0, end)) {
    if (!word.startsWith('--')) continue;
    const option = word.slice(2).split('=', 1)[0] ?? '';
    refuseUnknownOption(command, option);
    const isList = command.options[option]?.array === true;
    if (!isList && given.has(option)) throw new UsageError(`--${option} is given twice`);
    given.add(option);
  }
}

function refuseUnknownOption({ name, options }: Command, option: string): void {
  const known = [...Object.keys(options), ...GLOBAL_OPTIONS];
  if (known.includes(option)) return;
  if (COMMANDS.some((other) => Object.hasOwn(other.options, option)))
    throw new UsageError(`--${option} has no effect on ${name}`);
  const near = nearest(option, known);
  const hint = near === null ? `httpd-guard ${name} --help lists the options` : `did you mean --${near}?`;
  throw new UsageError(`${name}: unknown option --${option}: ${hint}`);
}
