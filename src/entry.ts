// The start path must not pay for reading yargs: the gate's own call is known by its form, anything else goes to the cli.

const [command, flag, unit, ...more] = process.argv.slice(2);

async function main(): Promise<number> {
  const major = Number(process.versions.node.split('.', 1)[0]);
  if (major < 20) {
    process.stderr.write(
      `httpd-guard: node ${process.versions.node} is too old, 20 or newer is needed; nothing was done\n`,
    );
    return 3;
  }
  if (command === 'pre-start' && flag === '--unit' && unit !== undefined && more.length === 0) {
    const { preStart } = await import('./commands/pre-start.ts');
    return preStart({ unit, strict: false, json: false, quiet: false });
  }
  const { cli } = await import('./cli.ts');
  return cli(process.argv.slice(2));
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`httpd-guard: a fault of its own, nothing more was done: ${String(error)}\n`);
    process.exitCode = 3;
  },
);
