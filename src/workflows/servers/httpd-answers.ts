import { type Fact, known, unknown } from '../../core/fact.ts';
import { type HttpdSettings, type HttpdUser, parseSettings } from '../../core/httpd/settings.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import { CONFIGURATION_FILE } from '../../host/config/configuration-file.ts';
import type { HttpdAnswer } from '../../host/httpd/ask-httpd.ts';
import { keepStartCommand } from '../../host/httpd/start-command.ts';
import { type CachedSettings, readCachedSettings } from '../../host/state/read-cached-settings.ts';
import { cacheSettings, forgetSettings } from '../../host/state/settings-cache.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { adviseUser } from './advise-user.ts';
import type { ConfiguredServer } from './configured-server.ts';

/** What is reused: ExecStopPost= has just queried httpd when a recovery begins. */
const MOST_AGE_MS = 1_000;

/** An answer of httpd itself, which no file contradicts; null if there is none so young. */
export function recentAnswer(unit: string): HttpdAnswer | null {
  const last = readCachedSettings(unit);
  if (!last.known) return null;
  const { settings, fresh, userFrom, ageMs } = last.value;
  return fresh && userFrom === null && ageMs >= 0 && ageMs <= MOST_AGE_MS
    ? { settings: known(settings), complaint: known(null) }
    : null;
}

/** httpd's answer, else its last valid one. With a configured user, no answer of httpd is needed. */
export async function settingsOf(
  unit: UnitFacts,
  { settings: asked, complaint }: HttpdAnswer,
  user: ConfiguredServer['user'],
  systemd: SystemdSession,
): Promise<{ settings: Fact<HttpdSettings>; missing: string[] }> {
  if (asked.known) return { settings: asked, missing: [] };
  const configured = user?.known === true ? user.value : null;
  // Its configuration is OK, so it reports no user.
  const why =
    complaint.known && complaint.value === null ? await adviseUser(asked.why, unit.name, systemd) : asked.why;
  const last = lastSettings(unit.name, configured);
  if (last.known)
    return { settings: known(last.value.settings), missing: [`${why}; its last valid answer is used`] };
  return configured === null
    ? {
        settings: unknown(why),
        missing: complaint.known && complaint.value === null ? [why] : [why, last.why],
      }
    : { settings: parseSettings('', '', configured), missing: [why] };
}

/** The last valid answer of httpd. A user that was configured then is only valid as long as it is configured. */
export function lastSettings(unit: string, configured: HttpdUser | null): Fact<CachedSettings> {
  const last = readCachedSettings(unit);
  if (!last.known) return last;
  const { settings, userFrom } = last.value;
  if (configured !== null) return known({ ...last.value, settings: { ...settings, ...configured } });
  return userFrom === null ? last : unknown(`the user of ${unit} is no longer configured in ${userFrom}`);
}

/** What the gate and later commands use. The user is cached only if all commands would get the same. */
export function cacheAnswer(
  unit: UnitFacts,
  found: {
    settings: Fact<HttpdSettings>;
    owner: Fact<MutexOwner>;
    asked: HttpdAnswer;
    configured: ConfiguredServer;
  },
): void {
  const { settings, owner, asked, configured } = found;
  const { user, isForHooks } = configured;
  if (isForHooks && !owner.known) forgetSettings(unit.name);
  if (!settings.known || !owner.known || (user === null ? !asked.settings.known : !isForHooks)) return;
  cacheSettings(unit.name, {
    settings: settings.value,
    starterUid: owner.value.starterUid,
    userFrom: user === null ? null : CONFIGURATION_FILE,
  });
  if (asked.settings.known) keepStartCommand(unit);
}
