import { type UnitListing, chooseUnit } from '../core/httpd/choose-unit.ts';
import { type Fact, known, unknown } from '../core/fact.ts';
import type { HttpdSettings } from '../core/httpd/settings.ts';
import type { MutexOwner } from '../core/verdict/semaphore-set.ts';
import { type UnitFacts, isStartedByRoot } from '../core/units/unit-facts.ts';
import type { Configured } from '../host/config/configuration.ts';
import { askHttpd } from '../host/httpd/ask-httpd.ts';
import { findHttpdUnits } from './find-httpd-units.ts';
import { keepStartCommand } from '../host/httpd/start-command.ts';
import {
  forgetSettings,
  readCachedSettings,
  cacheSettings,
  cachedUnits,
} from '../host/state/settings-cache.ts';
import { run } from '../host/exec/run.ts';
import type { SystemdSession } from '../host/systemd/systemd-session.ts';

/** The httpd that is meant. */
export interface Server {
  unit: Fact<UnitFacts>;
  settings: Fact<HttpdSettings>;
  owner: Fact<MutexOwner>;
  /** What httpd complains of when it tests its configuration; null when that is OK. */
  configComplaint: Fact<string | null>;
  /** Other units of httpd on this host; none are looked for when one was named. */
  otherUnits: UnitListing[];
  /** Why single facts are missing, or are not of today. */
  missing: string[];
}

/** Whether a good answer of httpd is kept for later; not by those who only look. */
export type Memory = 'remember' | 'only look';

/** What was said of the server, on the command line or in the configuration; null where it is to be found. */
export interface Wanted {
  unit: string | null;
  /** Whose sets its mutexes are. */
  user: string | null;
  /** Of several, one that failed is meant. */
  failedFirst?: boolean;
}

/** Which server is meant: the command line's word counts more, and a configured user is that of the configured unit. */
export function wantedServer(flag: string | undefined, { values }: Configured): Wanted {
  const unit = flag ?? values.unit;
  return { unit, user: values.unit === null || values.unit === unit ? values.user : null };
}

/**
 * Finds the server of a unit, or of the unit that is found here, until the deadline of `systemd`. Asks systemd, then httpd;
 * where httpd cannot say, its last good answer serves.
 */
export async function findServer(wanted: Wanted, memory: Memory, systemd: SystemdSession): Promise<Server> {
  const server = await findByUnit(wanted, wanted.user === null ? memory : 'only look', systemd);
  if (wanted.user === null) return server;
  // The gate would go by an answer of httpd's that no longer counts.
  if (memory === 'remember' && server.unit.known) forgetSettings(server.unit.value.name);
  return { ...server, owner: await ownerNamed(wanted.user, server.unit, systemd.leftMs()) };
}

/** Who an admin says that it is. */
async function ownerNamed(user: string, unit: Fact<UnitFacts>, timeoutMs: number): Promise<Fact<MutexOwner>> {
  const uid = await uidOf(user, timeoutMs);
  if (!uid.known) return unknown(`the configured user is not known here: ${uid.why}`);
  const byRoot = !unit.known || isStartedByRoot(unit.value);
  return known({ uid: uid.value, starterUid: byRoot ? 0 : uid.value });
}

/** id(1) asks all that name users here, LDAP and SSSD among them. */
async function uidOf(user: string, timeoutMs: number): Promise<Fact<number>> {
  const id = await run({ file: 'id', args: ['-u', '--', user], timeoutMs });
  return id.known ? known(Number(id.value)) : id;
}

async function findByUnit(
  { unit: unitName, failedFirst }: Wanted,
  memory: Memory,
  systemd: SystemdSession,
): Promise<Server> {
  // One that is named needs no search.
  const units = unitName === null ? await findHttpdUnits(systemd) : known([]);
  if (!units.known) return fromMemory(unitName, units.why);
  const name = unitName ?? chooseUnit(units.value, failedFirst);
  if (name === null) return nothing('no unit of httpd is installed here; name one with --unit');
  const unit = await systemd.ask((open) => open.readUnit(name));
  if (!unit.known) return fromMemory(name, unit.why);
  // A masked unit is one all the same, and somebody's wish.
  if (unit.value.load === 'masked') return { ...fromMemory(name, `${name} is masked`), unit, otherUnits: [] };
  if (unit.value.load !== 'loaded')
    return nothing(`${name} is ${unit.value.load}; systemctl list-unit-files shows what there is`);
  const otherUnits = units.value.filter((one) => one.name !== name);
  return { ...(await ofUnit(unit.value, memory, systemd)), otherUnits };
}

async function ofUnit(
  unit: UnitFacts,
  memory: Memory,
  systemd: SystemdSession,
): Promise<Omit<Server, 'otherUnits'>> {
  const { settings: asked, complaint: configComplaint } = await askHttpd(unit, systemd.deadlineMs);
  if (asked.known) {
    const owner = await ownerOf(unit, asked.value, systemd.leftMs());
    if (owner.known && memory === 'remember') {
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
    missing: [`${asked.why}; its last good answer is used`],
  };
}

/** Mutexes are made by whom the unit is started as: root, or its User=. */
async function ownerOf(
  unit: UnitFacts,
  settings: HttpdSettings,
  timeoutMs: number,
): Promise<Fact<MutexOwner>> {
  if (isStartedByRoot(unit)) return known({ uid: settings.uid, starterUid: 0 });
  // httpd not started as root cannot change its user: its sets belong to the starter, whatever User says.
  const uid = await uidOf(unit.user, timeoutMs);
  if (!uid.known) return unknown(`the user of ${unit.name} is not known here: ${uid.why}`);
  return known({ uid: uid.value, starterUid: uid.value });
}

/** Without systemd the last good answers are all there is. */
function fromMemory(unitName: string | null, why: string): Server {
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
    missing: [`${why}; the last good answer of ${name} is used`],
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
