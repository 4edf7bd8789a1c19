/** Names that distributions give to units of httpd: Red Hat's and its software collections', Debian's, SUSE's. */
const UNIT_NAME = /^(httpd|apache2|httpd\d+-httpd)(@.+)?\.service$/;

/** Programs that start httpd, by their file's name, with the process model behind it on some systems. */
const START_NAME = /^(httpd|apache)2?(ctl)?([.-](prefork|worker|event|itk))?$/;

export interface UnitListing {
  name: string;
  /** ActiveState, or "" for a unit that is not loaded. */
  active: string;
}

export function hasHttpdName(unit: string): boolean {
  return UNIT_NAME.test(unit);
}

/** Whether a unit file starts httpd or its control script, under whatever name of its own. `text` is the file (systemd.service(5)). */
export function startsHttpd(text: string): boolean {
  const programs = [...text.matchAll(/^[ \t]*ExecStart[ \t]*=[ \t]*[-@:+!|]*"?([^\s"]+)/gm)];
  return programs.some(([, path = '']) => START_NAME.test(path.slice(path.lastIndexOf('/') + 1)));
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
