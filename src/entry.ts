// The start path must not pay for reading yargs: the drop-in's own calls are known by their form, anything else goes to the cli.

const [command, flag, unit, ...more] = process.argv.slice(2);

const PLAIN = { json: false, quiet: false, verbose: false } as const;

async function main(): Promise<number> {
  const major = Number(process.versions.node.split('.', 1)[0]);
  if (major < 20) {
    process.stderr.write(
      `httpd-guard: node ${process.versions.node} is too old, 20 or newer is needed; nothing was done\n`,
    );
    return 3;
  }
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
  process.stdout.on('error', cannotSay);
  const { cli } = await import('./cli.ts');
  return cli(process.argv.slice(2));
}

/** A reader that has gone wants no more; a disk that is full is told, and nothing more can be. */
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
    process.stderr.write(`httpd-guard: a fault of its own, nothing more was done: ${String(error)}\n`);
    process.exitCode = 3;
  },
);
