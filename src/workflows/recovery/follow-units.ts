import type { Fact } from '../../core/fact.ts';
import type { UnitState } from '../../core/recovery/reason-to-look.ts';
import type { Clock } from '../../host/proc/real-clock.ts';
import type { Systemd } from '../../host/systemd/systemd.ts';

/** The back-off between connections, until one has reported a state. */
const WAITS_MS = [200, 1_000, 5_000, 15_000] as const;

export interface FollowDoors {
  clock: Clock;
  connect: () => Promise<Fact<Pick<Systemd, 'follow' | 'disconnect'>>>;
}

/**
 * Calls `onState` with the state of units now and at each change, until `signal` aborts. Reconnects with back-off if the bus is
 * lost; `onTrouble` is called with the reason once for each loss.
 */
export async function followUnits(
  { clock, connect }: FollowDoors,
  names: readonly string[],
  onState: (name: string, state: UnitState) => void,
  onTrouble: (why: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let troubles = 0;
  for (;;) {
    const systemd = await connect();
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
    await clock.pause(WAITS_MS[Math.min(troubles++, WAITS_MS.length - 1)] ?? 15_000, signal);
  }
}
