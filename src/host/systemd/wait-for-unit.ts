import { type Fact, unknown } from '../../core/fact.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { SystemdSession } from './systemd-session.ts';
import { steadyMs } from '../exec/steady-ms.ts';

const ASK_TIMEOUT_MS = 5_000;
/** Signals trigger each read; this interval is for conditions that depend on time, and for a bus that was restarted. */
const LOOK_MS = 500;

/** Reads the unit now and at each change, until `isEnough`. Unknown if that takes longer than `mostMs` milliseconds. */
export async function waitForUnit(
  session: SystemdSession,
  name: string,
  mostMs: number,
  isEnough: (unit: UnitFacts) => boolean,
): Promise<Fact<UnitFacts>> {
  const endMs = steadyMs() + mostMs;
  const changes = new Changes();
  const following = await session
    .within(ASK_TIMEOUT_MS)
    .ask((systemd) => systemd.onChange(name, changes.notify));
  try {
    for (;;) {
      changes.seen();
      const unit = await session.within(ASK_TIMEOUT_MS).ask((systemd) => systemd.readUnit(name));
      if (!unit.known || isEnough(unit.value)) return unit;
      const { active, sub } = unit.value;
      if (steadyMs() > endMs)
        return unknown(`${name} has been ${active} (${sub}) for ${Math.round(mostMs / 1000)} s`);
      await changes.next(LOOK_MS);
    }
  } finally {
    if (following.known) following.value();
  }
}

/** Whether anything changed since the last read. */
class Changes {
  private isNew = false;
  private wake: () => void = () => undefined;

  readonly notify = (): void => {
    this.isNew = true;
    this.wake();
  };

  seen(): void {
    this.isNew = false;
  }

  /** Resolves at the next change, at once if there was one meanwhile, and after `mostMs` at the latest. */
  async next(mostMs: number): Promise<void> {
    if (this.isNew) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
