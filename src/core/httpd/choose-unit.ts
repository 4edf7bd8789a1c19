import { hasHttpdName } from './identity.ts';

export interface UnitListing {
  name: string;
  /** ActiveState, or "" for a unit that is not loaded. */
  active: string;
}

/**
 * The unit that is meant when nobody says which: one that runs or failed rather than one that rests, a plain name rather
 * than an instance, a distribution's rather than another. Who asks what is wrong means one that failed, before all others.
 */
export function chooseUnit(units: readonly UnitListing[], failedFirst = false): string | null {
  const rank = ({ name, active }: UnitListing): number =>
    (failedFirst && active !== 'failed' ? 8 : 0) +
    (active === '' || active === 'inactive' ? 4 : 0) +
    (name.includes('@') ? 2 : 0) +
    (hasHttpdName(name) ? 0 : 1);
  const [first] = units.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return first?.name ?? null;
}

/** "httpd" means httpd.service. Null for what cannot be a unit's name (systemd.unit(5)). */
export function serviceName(text: string): string | null {
  if (!/^[\w:.\\@-]{1,240}$/.test(text)) return null;
  return text.endsWith('.service') ? text : `${text}.service`;
}
