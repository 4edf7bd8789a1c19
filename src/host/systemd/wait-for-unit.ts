import { type Fact, unknown } from '../../core/fact.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { SystemdSession } from './systemd-session.ts';

const ASK_TIMEOUT_MS = 5_000;
/** Signals say when to look again; this is for what time alone changes, and for a bus that was started anew. */
const LOOK_MS = 500;

/** Looks at the unit now and at each of its changes, until it is as wanted; unknown when that takes longer than `mostMs`. */
export async function waitForUnit(
  session: SystemdSession,
  name: string,
  mostMs: number,
  isEnough: (unit: UnitFacts) => boolean,
): Promise<Fact<UnitFacts>> {
  const endMs = performance.now() + mostMs;
  const changes = new Changes();
  const following = await session
    .within(ASK_TIMEOUT_MS)
    .ask((systemd) => systemd.onChange(name, changes.tell));
  try {
    for (;;) {
      changes.seen();
      const unit = await session.within(ASK_TIMEOUT_MS).ask((systemd) => systemd.readUnit(name));
      if (!unit.known || isEnough(unit.value)) return unit;
      const { active, sub } = unit.value;
      if (performance.now() > endMs)
        return unknown(`${name} is ${active} (${sub}) for ${Math.round(mostMs / 1000)} s`);
      await changes.next(LOOK_MS);
    }
  } finally {
    if (following.known) following.value();
  }
}

/** Whether anything changed since it was last looked at. */
class Changes {
  private isNew = false;
  private wake: () => void = () => undefined;

  readonly tell = (): void => {
    this.isNew = true;
    this.wake();
  };

  seen(): void {
    this.isNew = false;
  }

  /** The next change, or one that came meanwhile; but no longer than that. */
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
