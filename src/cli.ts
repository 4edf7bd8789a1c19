import yargs from 'yargs';
import { UsageError, common, dryRun, ids, keys, percentOption, setCount } from './cli-options.ts';
import type { CheckFormat } from './commands/check.ts';
import type { CommandResult } from './commands/command-result.ts';
import { escape } from './view/escape.ts';

declare const __VERSION__: string;

const EX_USAGE = 64;
const FORMATS = ['text', 'json', 'nagios', 'prometheus'] as const satisfies readonly CheckFormat[];

/** Reads the command line, runs the command, prints what it says. Returns the exit code. */
export async function cli(args: string[]): Promise<number> {
  let exitCode = 0;
  const run = async (command: Promise<CommandResult>): Promise<void> => {
    const done = await command;
    process.stderr.write(done.stderr);
    process.stdout.write(done.stdout);
    exitCode = done.exitCode;
  };

  const parser = yargs(args)
    .scriptName('httpd-guard')
    .usage('$0 <command>\n\nClears the semaphores that a dead Apache httpd left behind, and nothing else.')
    .command(
      'check',
      'Look, change nothing: is httpd in danger, and which semaphore set is whose?',
      (command) =>
        common(command)
          .option('format', { choices: FORMATS, describe: 'How to print it' })
          .option('explain', {
            type: 'boolean',
            default: false,
            describe: 'Show what each rule saw, and where to look again',
          })
          .option('warn', {
            ...percentOption,
            describe: 'WARNING from this use of a limit on, in percent; 80 when not given',
          })
          .option('crit', {
            ...percentOption,
            describe: 'CRITICAL from this use of a limit on, in percent; 100 when not given',
          })
          .option('output', {
            type: 'string',
            requiresArg: true,
            describe: 'With --format prometheus: a file for the metrics, replaced as a whole',
          })
          .check(({ output, format, warn, crit }) => {
            if (output !== undefined && format !== 'prometheus')
              throw new UsageError('--output takes metrics: say --format prometheus too');
            if (warn !== undefined && crit !== undefined && warn > crit)
              throw new UsageError(`--warn ${warn} would never be told: --crit ${crit} comes first`);
            return true;
          })
          .example('$0 check', 'is httpd in danger?')
          .example('$0 check --format nagios', 'as a monitoring plugin')
          .example('$0 check --format prometheus', 'metrics of every guarded unit')
          .epilogue(
            'Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, 64 wrong usage; with --output 0 written, 73 not.',
          ),
      async (options) => {
        const { check } = await import('./commands/check.ts');
        await run(check({ ...options, format: options.format ?? (options.json ? 'json' : 'text') }));
      },
    )
    .command(
      'clean',
      'Remove the semaphore sets that check calls orphan',
      (command) =>
        common(command)
          .option('dry-run', { type: 'boolean', default: false, describe: 'Only say what would be removed' })
          .option('set', {
            type: 'string',
            array: true,
            coerce: ids,
            describe: 'Only these ids, the verdict still required',
          })
          .option('shm-key', {
            type: 'string',
            array: true,
            coerce: keys,
            conflicts: 'set',
            describe: 'Instead: shared memory segments of these keys, detached and of a dead maker',
          })
          .example('$0 clean --dry-run', 'what would go?')
          .example('$0 clean --set 0 32769', 'these two, if they are orphans')
          .epilogue(
            'Exit codes: 0 none left, 1 some could not be removed, 3 unsure and kept, 64 wrong usage, 77 not root.',
          ),
      async (options) => {
        const { clean } = await import('./commands/clean.ts');
        await run(clean(options));
      },
    )
    .command(
      'pre-start',
      'What ExecStartPre runs: clean within a few seconds, never in httpd’s way',
      (command) =>
        common(command)
          .option('strict', { type: 'boolean', default: false, describe: 'Exit as clean does' })
          .example('$0 pre-start --unit httpd.service', 'as the drop-in does')
          .epilogue('Exit codes: 0 always; with --strict those of clean.'),
      async (options) => {
        const { preStart } = await import('./commands/pre-start.ts');
        exitCode = await preStart(options);
      },
    )
    .command(
      'post-stop',
      'What ExecStopPost runs: say why the run ended badly, and clear what it left',
      (command) =>
        common(command)
          .example('$0 post-stop --unit httpd.service', 'as the drop-in does')
          .epilogue('Exit codes: 0 always.'),
      async (options) => {
        const { postStop } = await import('./commands/post-stop.ts');
        exitCode = await postStop(options);
      },
    )
    .command(
      'diagnose',
      'Say why httpd did not start, and what to do',
      (command) =>
        common(command)
          .example('$0 diagnose', 'why is it down?')
          .epilogue(
            'Exit codes: 0 a cause was found, 1 nothing that is known here, 3 could not tell, 64 wrong usage.',
          ),
      async (options) => {
        const { diagnose } = await import('./commands/diagnose.ts');
        await run(diagnose(options));
      },
    )
    .command(
      'recover',
      'Bring httpd back, if it is down for want of semaphores, and see it stay up',
      (command) =>
        common(dryRun(command))
          .option('requested', {
            type: 'boolean',
            // Without a default: to yargs that would be a word said, and --unit a conflict.
            conflicts: 'unit',
            describe: 'For the units the watcher asked for, as its service does',
          })
          .example('$0 recover --dry-run', 'what would it do?')
          .epilogue(
            'Exit codes: 0 healthy, already or again, 1 not our kind of failure, 2 tried in vain, 3 could not tell, 64 wrong usage, 77 not root.',
          ),
      async (options) => {
        const { recoverCommand } = await import('./commands/recover.ts');
        await run(recoverCommand(options));
      },
    )
    .command(
      'history',
      'Say what the guard did, and why, as the journal has it',
      (command) =>
        common(command)
          .option('since', {
            type: 'string',
            requiresArg: true,
            describe: 'Only from then on, as journalctl takes it; everything when not given',
          })
          .example('$0 history --since yesterday', 'what happened in the night?')
          .epilogue('Exit codes: 0, or 3 when the journal cannot be read, 64 wrong usage.'),
      async (options) => {
        const { history } = await import('./commands/history.ts');
        await run(history(options));
      },
    )
    .command(
      'config',
      'Say each value of the configuration that counts, and where it came from',
      (command) =>
        common(command)
          .example('$0 config', 'what counts here?')
          .epilogue('Exit codes: 0, or 1 when the configuration is wrong, 64 wrong usage.'),
      async (options) => {
        const { config } = await import('./commands/config.ts');
        await run(config(options));
      },
    )
    .command(
      'limits',
      'Say how large the semaphore table is, who has how much of it, and how many kills httpd has left',
      (command) =>
        common(dryRun(command))
          .option('raise', {
            type: 'string',
            requiresArg: true,
            coerce: setCount,
            describe: 'Make room for so many sets, now and at each boot',
          })
          .example('$0 limits', 'whose are they?')
          .example('$0 limits --raise 32000', 'room for so many sets')
          .epilogue('Exit codes: 0 done, 1 refused, 64 wrong usage, 77 not root.'),
      async (options) => {
        const { limits } = await import('./commands/limits.ts');
        await run(limits(options));
      },
    )
    .command(
      'watch',
      'Follow the journal and the state of the guarded units, and ask for a recovery; runs as a service',
      (command) =>
        common(command)
          .example('systemctl status httpd-guard-watch', 'how it runs')
          .epilogue('Exit codes: 0 on SIGTERM.'),
      async (options) => {
        const { watch } = await import('./commands/watch.ts');
        exitCode = await watch(options);
      },
    )
    .command(
      'install',
      'Put the guard before each start of httpd',
      (command) =>
        common(dryRun(command))
          .example('$0 install', 'for the httpd found here')
          .epilogue('Exit codes: 0 done, 1 refused, 64 wrong usage, 77 not root.'),
      async (options) => {
        const { install } = await import('./commands/install.ts');
        await run(install(options));
      },
    )
    .command(
      'uninstall',
      'Take the guard away again',
      (command) =>
        common(dryRun(command))
          .example('$0 uninstall', 'from every unit that has it')
          .epilogue('Exit codes: 0 done, 1 refused, 64 wrong usage, 77 not root.'),
      async (options) => {
        const { uninstall } = await import('./commands/uninstall.ts');
        await run(uninstall(options));
      },
    )
    .demandCommand(1, 1, 'which command? httpd-guard --help lists them')
    .strictCommands()
    .strict()
    .version(__VERSION__)
    .exitProcess(false)
    .fail((message: string | null, error?: Error) => {
      // yargs has a message of its own for wrong usage, and none for an error of a command.
      throw message === null
        ? (error ?? new Error('failed without a reason'))
        : new UsageError(message.trim().replace(/\s*\n\s*/g, ' '));
    });

  try {
    await parser.parseAsync();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`httpd-guard: ${escape(error.message)}\n`);
    return EX_USAGE;
  }
  return exitCode;
}
