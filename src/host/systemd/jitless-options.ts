import { spawnSync } from 'node:child_process';

const NODE_TIMEOUT_MS = 5_000;

/**
 * The options that run Node without its JIT compiler. Up to Node 22, --jitless alone makes V8 print a warning to stdout; since Node
 * 24, the option against that warning is invalid, and Node does not start with it (exit status 9).
 */
export function jitlessOptions(node: string): string {
  const both = ['--jitless', '--no-expose-wasm'];
  const { status } = spawnSync(node, [...both, '--version'], { stdio: 'ignore', timeout: NODE_TIMEOUT_MS });
  return status === 0 ? both.join(' ') : '--jitless';
}
