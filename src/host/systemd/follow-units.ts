import { setTimeout as pause } from 'node:timers/promises';
import type { UnitState } from '../../core/recovery/reason-to-look.ts';
import { Systemd } from './systemd.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const WAITS_MS = [200, 1_000, 5_000, 15_000];

/**
 * Tells the state of units at once, and again whenever it changed, for ever; a bus that goes away is asked again and again
 * for a new connection. `onTrouble` is told once each time that the bus is lost.
 */
export async function followUnits(
  names: readonly string[],
  onState: (name: string, state: UnitState) => void,
  onTrouble: (why: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let troubles = 0;
  for (;;) {
    const systemd = await Systemd.connect(CONNECT_TIMEOUT_MS);
    const why = systemd.known
      ? await systemd.value.follow(
          names,
          (name, state) => {
            troubles = 0;
            onState(name, state);
          },
          signal,
        )
      : systemd.why;
    if (systemd.known) systemd.value.disconnect();
    if (signal.aborted) return;
    if (troubles === 0) onTrouble(why);
    const waitMs = WAITS_MS[Math.min(troubles++, WAITS_MS.length - 1)];
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
