import { type UnitListing, chooseUnit } from '../../core/httpd/choose-unit.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { Configured } from '../../host/config/configuration.ts';
import { askHttpd } from '../../host/httpd/ask-httpd.ts';
import { cachedUnits } from '../../host/state/read-cached-settings.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { type ConfiguredServer, readConfigured, userProblem } from './configured-server.ts';
import { findHttpdUnits } from './find-httpd-units.ts';
import { cacheAnswer, lastSettings, recentAnswer, settingsOf } from './httpd-answers.ts';
import { ownerOf } from './owner-of-sets.ts';

/** The httpd that a command is about. */
export interface Server {
  unit: Fact<UnitFacts>;
  settings: Fact<HttpdSettings>;
  owner: Fact<MutexOwner>;
  /** The configuration error that httpd reports; null if the configuration is OK. */
  configComplaint: Fact<string | null>;
  /** Other units of httpd on this host; empty if the unit was given. */
  otherUnits: UnitListing[];
  /** Its ErrorLog, as configured or as httpd reports it; null if neither is known. */
  errorLog: string | null;
  /** Why the configured user is wrong, one sentence; empty if it is not. Then the owner is unknown. */
  problems: string[];
  /** Why a fact could not be read, or is a cached one, one sentence for each, with `problems`. */
  missing: string[];
}

/**
 * Whether a valid answer of httpd is cached for later; read-only commands do not write. reuse: one that another command has cached a
 * moment ago holds.
 */
export type Caching = 'cache' | 'reuse' | 'read-only';

/** What the command line and the configuration set about the server. */
export interface ServerChoice {
  /** Null for auto-detection. */
  unit: string | null;
  /** Its values for the chosen unit apply. */
  configured: Configured;
  /** Prefer a failed unit. */
  failedFirst?: boolean;
}

/** The choice by precedence: the command line overrides the configuration. */
export function serverChoice(flag: string | undefined, configured: Configured): ServerChoice {
  return { unit: flag ?? configured.values.unit, configured };
}

/**
 * Finds the server of the chosen or auto-detected unit, until the deadline of `systemd`. Queries systemd, then httpd; if httpd
 * cannot answer, its last valid answer is used. The configured user and ErrorLog override httpd's. `onUnit` is called before httpd
 * is queried, for what can be done beside that.
 */
export async function findServer(
  choice: ServerChoice,
  caching: Caching,
  systemd: SystemdSession,
  onUnit: (unit: UnitFacts) => void = () => undefined,
): Promise<Server> {
  const { unit: unitName, failedFirst } = choice;
  // A given unit needs no search.
  const units = unitName === null ? await findHttpdUnits(systemd) : known([]);
  const name = unitName ?? (units.known ? chooseUnit(units.value, failedFirst) : (cachedUnits()[0] ?? null));
  if (name === null) return nothing(units.known ? 'no httpd unit found; select one with --unit' : units.why);
  const configured = await readConfigured(choice.configured, name, systemd);
  if (!units.known) return fromCache(name, units.why, configured);
  const unit = await systemd.ask((open) => open.readUnit(name));
  if (!unit.known) return fromCache(name, unit.why, configured);
  // systemd does not load the settings of a masked unit, which was stopped on purpose.
  if (unit.value.load === 'masked')
    return { ...fromCache(name, `${name} is masked`, configured), unit, otherUnits: [] };
  // Nor those of one with an error, which it does not start.
  if (unit.value.load === 'bad-setting' || unit.value.load === 'error')
    return { ...fromCache(name, `${name} is ${unit.value.load}`, configured), unit, otherUnits: [] };
  if (unit.value.load !== 'loaded')
    return nothing(`${name} is ${unit.value.load}; to list units: systemctl list-unit-files`);
  onUnit(unit.value);
  const otherUnits = units.value.filter((one) => one.name !== name);
  return { ...(await ofUnit(unit.value, configured, caching, systemd)), otherUnits };
}

/**
 * Why the owner of its sets is unknown although its configuration is OK, with what to set: httpd 2.2 does not report its user, or
 * a wrong one is configured. Null if it is known.
 */
export function userAdvice({ owner, configComplaint }: Server): string | null {
  return !owner.known && configComplaint.known && configComplaint.value === null ? owner.why : null;
}

async function ofUnit(
  unit: UnitFacts,
  configured: ConfiguredServer,
  caching: Caching,
  systemd: SystemdSession,
): Promise<Omit<Server, 'otherUnits'>> {
  const { user } = configured;
  const reused = caching === 'reuse' ? recentAnswer(unit.name) : null;
  const asked =
    reused ?? (await askHttpd(unit, user?.known === true ? user.value : null, systemd.deadlineMs));
  const { settings, missing } = await settingsOf(unit, asked, user, systemd);
  const problem = user === null ? null : await userProblem(user, configured.userOrigin, unit.name, systemd);
  const owner =
    problem !== null
      ? unknown(problem)
      : settings.known
        ? await ownerOf(unit, settings.value, user !== null, systemd.leftMs())
        : settings;
  if (caching !== 'read-only' && reused === null) cacheAnswer(unit, { settings, owner, asked, configured });
  const problems = problem === null ? [] : [problem];
  return {
    ...withErrorLog(settings, configured),
    unit: known(unit),
    owner,
    configComplaint: asked.complaint,
    problems,
    missing: [
      ...problems,
      ...missing,
      ...(settings.known && !owner.known && problem === null ? [owner.why] : []),
    ],
  };
}

function withErrorLog(
  settings: Fact<HttpdSettings>,
  { errorLog }: ConfiguredServer,
): Pick<Server, 'settings' | 'errorLog'> {
  const effective = errorLog ?? (settings.known ? settings.value.errorLog : null);
  return {
    settings: settings.known ? known({ ...settings.value, errorLog: effective }) : settings,
    errorLog: effective,
  };
}

/** The server by the last valid answer of httpd, if systemd cannot be queried. */
function fromCache(name: string, why: string, configured: ConfiguredServer): Server {
  const { user } = configured;
  const last = lastSettings(name, user?.known === true ? user.value : null);
  const problems = user?.known === false ? [user.why] : [];
  const starterUid = last.known ? last.value.starterUid : 0;
  const uid = user?.known === true ? user.value.uid : last.known ? last.value.settings.uid : null;
  const [problem] = problems;
  return {
    ...nothing(why),
    ...withErrorLog(last.known ? known(last.value.settings) : unknown(why), configured),
    owner:
      problem !== undefined ? unknown(problem) : uid === null ? unknown(why) : known({ uid, starterUid }),
    problems,
    missing: [
      ...problems,
      ...(last.known ? [`${why}; the last valid answer of ${name} is used`] : [why, last.why]),
    ],
  };
}

function nothing(why: string): Server {
  return {
    unit: unknown(why),
    settings: unknown(why),
    owner: unknown(why),
    configComplaint: unknown(why),
    otherUnits: [],
    errorLog: null,
    problems: [],
    missing: [why],
  };
}
