// The start path does not pay for loading yargs: the calls of the drop-in and of the units, and --version, are recognized by
// their form; everything else goes to the cli.

import { useCompiledCode } from './host/exec/use-compiled-code.ts';

declare const __VERSION__: string;

const [command, flag, unit, ...more] = process.argv.slice(2);

const PLAIN = { json: false, quiet: false } as const;

async function main(): Promise<number> {
  const major = Number(process.versions.node.split('.', 1)[0]);
  if (major < 20) {
    process.stderr.write(
      `httpd-guard: node ${process.versions.node} is too old, 20 or newer is needed; nothing was done\n`,
    );
    return 3;
  }
  // The watcher loads its code once, and its options do not fit.
  if (command !== 'watch') useCompiledCode();
  if (flag === '--unit' && unit !== undefined && more.length === 0) {
    if (command === 'pre-start') {
      const { preStart } = await import('./commands/pre-start.ts');
      return preStart({ ...PLAIN, unit, strict: false });
    }
    if (command === 'post-stop') {
      const { postStop } = await import('./commands/post-stop.ts');
      return postStop({ ...PLAIN, unit });
    }
  }
  // The watcher must not hold the memory of a parser for ever.
  if (command === 'watch' && flag === undefined) {
    const { watch } = await import('./commands/watch.ts');
    return watch(PLAIN);
  }
  // Between a failed httpd and its next start: each start of this service is part of the outage.
  if (command === 'recover' && flag === '--requested' && unit === undefined) {
    const { recoverCommand } = await import('./commands/recover.ts');
    const { stderr, exitCode } = await recoverCommand({ ...PLAIN, requested: true, dryRun: false });
    process.stderr.write(stderr);
    return exitCode;
  }
  process.stdout.on('error', cannotSay);
  if (command === '--version' && flag === undefined) {
    process.stdout.write(`${__VERSION__}\n`);
    return 0;
  }
  const { cli } = await import('./cli.ts');
  return cli(process.argv.slice(2));
}

/** Handles an error of stdout: a closed pipe is no error; a full disk is reported. */
function cannotSay({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`httpd-guard: what it says cannot be written: ${message}\n`);
  process.exitCode = 3;
}

main().then(
  (exitCode) => {
    process.exitCode ??= exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`httpd-guard: internal error, aborted: ${String(error)}\n`);
    process.exitCode = 3;
  },
);
