import { existsSync } from 'node:fs';
import { type Done, done, notDone } from '../../core/done.ts';
import { run } from '../exec/run.ts';

const TIMEOUT_MS = 20_000;

/** systemctl(1) for commands that take many D-Bus calls: enabling and disabling. */
export async function systemctl(...args: readonly string[]): Promise<Done<'failed'>> {
  const ran = await run({ file: 'systemctl', args: ['--quiet', ...args], timeoutMs: TIMEOUT_MS });
  return ran.known ? done : notDone('failed', ran.why);
}

/** sd_booted(3): not so in a chroot, as of an image that is being built. */
export function isSystemdRunning(): boolean {
  return existsSync('/run/systemd/system');
}
