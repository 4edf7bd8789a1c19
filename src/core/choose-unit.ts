/** Units that start httpd, by the names that distributions give them; instances after the plain ones. */
export const HTTPD_UNIT_PATTERNS = [
  'httpd.service',
  'apache2.service',
  'httpd[0-9]*-httpd.service',
  'httpd@*.service',
  'apache2@*.service',
];

export interface UnitListing {
  name: string;
  /** ActiveState, or "" for a unit that is not loaded. */
  active: string;
}

/** The unit that is meant when nobody says which: one that runs or failed rather than one that rests, a plain name rather than an instance. */
export function chooseUnit(units: readonly UnitListing[]): string | null {
  const rank = ({ name, active }: UnitListing): number =>
    (active === '' || active === 'inactive' ? 2 : 0) + (name.includes('@') ? 1 : 0);
  const [first] = units.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return first?.name ?? null;
}

/** "httpd" means httpd.service. Null for what cannot be a unit's name (systemd.unit(5)). */
export function serviceName(text: string): string | null {
  if (!/^[\w:.\\@-]{1,240}$/.test(text)) return null;
  return text.endsWith('.service') ? text : `${text}.service`;
}
