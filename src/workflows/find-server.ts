import { type UnitListing, chooseUnit } from '../core/httpd/choose-unit.ts';
import { type Fact, known, unknown } from '../core/fact.ts';
import type { HttpdSettings } from '../core/httpd/settings.ts';
import type { MutexOwner } from '../core/verdict/semaphore-set.ts';
import { type UnitFacts, isStartedByRoot } from '../core/units/unit-facts.ts';
import type { Configured } from '../host/config/configuration.ts';
import { askHttpd } from '../host/httpd/ask-httpd.ts';
import { findHttpdUnits } from './find-httpd-units.ts';
import { keepStartCommand } from '../host/httpd/start-command.ts';
import { cachedUnits, readCachedSettings } from '../host/state/read-cached-settings.ts';
import { cacheSettings, forgetSettings } from '../host/state/settings-cache.ts';
import { run } from '../host/exec/run.ts';
import type { SystemdSession } from '../host/systemd/systemd-session.ts';

/** The httpd that a command is about. */
export interface Server {
  unit: Fact<UnitFacts>;
  settings: Fact<HttpdSettings>;
  owner: Fact<MutexOwner>;
  /** The configuration error that httpd reports; null if the configuration is OK. */
  configComplaint: Fact<string | null>;
  /** Other units of httpd on this host; empty if the unit was given. */
  otherUnits: UnitListing[];
  /** Why a fact could not be read, or is a cached one, one sentence for each. */
  missing: string[];
}

/** Whether a valid answer of httpd is cached for later; read-only commands do not write. */
export type Caching = 'cache' | 'read-only';

/** What the command line and the configuration set about the server; null for auto-detection. */
export interface ServerChoice {
  unit: string | null;
  /** The owner of its sets. */
  user: string | null;
  /** Prefer a failed unit. */
  failedFirst?: boolean;
}

/** The choice by precedence: the command line overrides the configuration, and a configured user applies only to the configured unit. */
export function serverChoice(flag: string | undefined, { values }: Configured): ServerChoice {
  const unit = flag ?? values.unit;
  return { unit, user: values.unit === null || values.unit === unit ? values.user : null };
}

/**
 * Finds the server of the chosen or auto-detected unit, until the deadline of `systemd`. Queries systemd, then httpd; if httpd
 * cannot answer, its last valid answer is used.
 */
export async function findServer(
  choice: ServerChoice,
  caching: Caching,
  systemd: SystemdSession,
): Promise<Server> {
  const server = await findByUnit(choice, choice.user === null ? caching : 'read-only', systemd);
  if (choice.user === null) return server;
  // The gate must not use a cached answer of httpd that the configured user overrides.
  if (caching === 'cache' && server.unit.known) forgetSettings(server.unit.value.name);
  return { ...server, owner: await configuredOwner(choice.user, server.unit, systemd.leftMs()) };
}

/** The owner of the sets by the configured user. */
async function configuredOwner(
  user: string,
  unit: Fact<UnitFacts>,
  timeoutMs: number,
): Promise<Fact<MutexOwner>> {
  const uid = await uidOf(user, timeoutMs);
  if (!uid.known) return unknown(`the configured user does not exist: ${uid.why}`);
  const byRoot = !unit.known || isStartedByRoot(unit.value);
  return known({ uid: uid.value, starterUid: byRoot ? 0 : uid.value });
}

/** By id(1), which includes users of LDAP and SSSD. */
async function uidOf(user: string, timeoutMs: number): Promise<Fact<number>> {
  const id = await run({ file: 'id', args: ['-u', '--', user], timeoutMs });
  return id.known ? known(Number(id.value)) : id;
}

async function findByUnit(
  { unit: unitName, failedFirst }: ServerChoice,
  caching: Caching,
  systemd: SystemdSession,
): Promise<Server> {
  // A given unit needs no search.
  const units = unitName === null ? await findHttpdUnits(systemd) : known([]);
  if (!units.known) return fromCache(unitName, units.why);
  const name = unitName ?? chooseUnit(units.value, failedFirst);
  if (name === null) return nothing('no httpd unit found; select one with --unit');
  const unit = await systemd.ask((open) => open.readUnit(name));
  if (!unit.known) return fromCache(name, unit.why);
  // systemd does not load the settings of a masked unit, which was stopped on purpose.
  if (unit.value.load === 'masked') return { ...fromCache(name, `${name} is masked`), unit, otherUnits: [] };
  if (unit.value.load !== 'loaded')
    return nothing(`${name} is ${unit.value.load}; to list units: systemctl list-unit-files`);
  const otherUnits = units.value.filter((one) => one.name !== name);
  return { ...(await ofUnit(unit.value, caching, systemd)), otherUnits };
}

async function ofUnit(
  unit: UnitFacts,
  caching: Caching,
  systemd: SystemdSession,
): Promise<Omit<Server, 'otherUnits'>> {
  const { settings: asked, complaint: configComplaint } = await askHttpd(unit, systemd.deadlineMs);
  if (asked.known) {
    const owner = await ownerOf(unit, asked.value, systemd.leftMs());
    if (owner.known && caching === 'cache') {
      cacheSettings(unit.name, { settings: asked.value, starterUid: owner.value.starterUid });
      keepStartCommand(unit);
    }
    const missing = owner.known ? [] : [owner.why];
    return { unit: known(unit), settings: asked, owner, configComplaint, missing };
  }
  const before = readCachedSettings(unit.name);
  if (!before.known)
    return {
      unit: known(unit),
      settings: asked,
      owner: unknown(asked.why),
      configComplaint,
      missing: [asked.why, before.why],
    };
  const { settings, starterUid } = before.value;
  return {
    unit: known(unit),
    settings: known(settings),
    owner: known({ uid: settings.uid, starterUid }),
    configComplaint,
    missing: [`${asked.why}; its last valid answer is used`],
  };
}

/** The owner of the sets by httpd's settings. Their creator is the user that the unit is started as: root or its User=. */
async function ownerOf(
  unit: UnitFacts,
  settings: HttpdSettings,
  timeoutMs: number,
): Promise<Fact<MutexOwner>> {
  if (isStartedByRoot(unit)) return known({ uid: settings.uid, starterUid: 0 });
  // An httpd that is not started as root cannot change its user: its sets belong to the starter, whatever its User.
  const uid = await uidOf(unit.user, timeoutMs);
  if (!uid.known) return unknown(`the user of ${unit.name} does not exist: ${uid.why}`);
  return known({ uid: uid.value, starterUid: uid.value });
}

/** The server by the last valid answer of httpd, if systemd cannot be queried. */
function fromCache(unitName: string | null, why: string): Server {
  const name = unitName ?? cachedUnits()[0];
  if (name === undefined) return nothing(why);
  const before = readCachedSettings(name);
  if (!before.known) return { ...nothing(why), missing: [why, before.why] };
  const { settings, starterUid } = before.value;
  return {
    unit: unknown(why),
    settings: known(settings),
    owner: known({ uid: settings.uid, starterUid }),
    configComplaint: unknown(why),
    otherUnits: [],
    missing: [`${why}; the last valid answer of ${name} is used`],
  };
}

function nothing(why: string): Server {
  return {
    unit: unknown(why),
    settings: unknown(why),
    owner: unknown(why),
    configComplaint: unknown(why),
    otherUnits: [],
    missing: [why],
  };
}
