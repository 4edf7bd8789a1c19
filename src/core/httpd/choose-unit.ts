import type { ActiveState } from '../units/active-state.ts';
import { hasHttpdName } from './identity.ts';

export interface UnitListing {
  name: string;
  /** ActiveState; "" for a unit that is not loaded. */
  active: ActiveState;
}

/**
 * The default unit: active and failed units are preferred to inactive ones, plain names to instances, a distribution's names
 * to others. With `failedFirst` (for a diagnosis) a failed unit is preferred to all others. Null if there is no unit.
 */
export function chooseUnit(units: readonly UnitListing[], failedFirst = false): string | null {
  const rank = ({ name, active }: UnitListing): number =>
    (failedFirst && active !== 'failed' ? 8 : 0) +
    (active === 'inactive' ? 4 : 0) +
    (name.includes('@') ? 2 : 0) +
    (hasHttpdName(name) ? 0 : 1);
  const [first] = units.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return first?.name ?? null;
}

/** Completes "httpd" to "httpd.service". Null if the text is not a valid unit name (systemd.unit(5)). */
export function serviceName(text: string): string | null {
  if (!/^[\w:.\\@-]{1,240}$/.test(text)) return null;
  return text.endsWith('.service') ? text : `${text}.service`;
}
