import { spawnSync } from 'node:child_process';

const NODE_TIMEOUT_MS = 5_000;

/**
 * Options that run a Node without its compiler. Up to Node 22, --jitless alone has V8 print a warning, into what it says; from
 * 24 on, the option against that warning is none any more, and Node does not start with it (exit status 9).
 */
export function jitlessOptions(node: string): string {
  const both = ['--jitless', '--no-expose-wasm'];
  const { status } = spawnSync(node, [...both, '--version'], { stdio: 'ignore', timeout: NODE_TIMEOUT_MS });
  return status === 0 ? both.join(' ') : '--jitless';
}
