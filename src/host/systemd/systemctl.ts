import type { Fact } from '../../core/fact.ts';
import { run } from '../exec/run.ts';

const TIMEOUT_MS = 20_000;

/** systemctl(1), for what it does in many calls of D-Bus: enabling and disabling. */
export function systemctl(...args: readonly string[]): Promise<Fact<string>> {
  return run({ file: 'systemctl', args: ['--quiet', ...args], timeoutMs: TIMEOUT_MS });
}
