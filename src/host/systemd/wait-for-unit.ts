import { setTimeout as pause } from 'node:timers/promises';
import { type Fact, unknown } from '../../core/fact.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { withSystemd } from './with-systemd.ts';

const LOOK_MS = 100;

/** Looks at the unit until it is as wanted, for so long at most. */
export async function waitForUnit(
  name: string,
  mostMs: number,
  isEnough: (unit: UnitFacts) => boolean,
): Promise<Fact<UnitFacts>> {
  const end = performance.now() + mostMs;
  return withSystemd(async (systemd) => {
    for (;;) {
      const unit = await systemd.readUnit(name);
      if (!unit.known || isEnough(unit.value)) return unit;
      if (performance.now() > end)
        return unknown(
          `${name} is ${unit.value.active} (${unit.value.sub}) for ${Math.round(mostMs / 1000)} s`,
        );
      await pause(LOOK_MS);
    }
  });
}
