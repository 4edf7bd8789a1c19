import { type Fact, known, unknown } from '../../core/fact.ts';
import type { HttpdUser } from '../../core/httpd/settings.ts';
import { type Configured, forUnit, isSeenByHooks } from '../../host/config/configuration.ts';
import { userId } from '../../host/exec/user-id.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { contradiction } from './advise-user.ts';

/** What the configuration sets about httpd, in place of httpd's own answer. */
export interface ConfiguredServer {
  /** Null if it is not configured; unknown if there is no such user. */
  user: Fact<HttpdUser> | null;
  /** The file or variable that sets the user. */
  userOrigin: string;
  errorLog: string | null;
  /** Whether the hooks get the same user, so that its uid may be cached for them. */
  isForHooks: boolean;
}

export async function readConfigured(
  configured: Configured,
  unit: string,
  systemd: SystemdSession,
): Promise<ConfiguredServer> {
  const { values, origins } = forUnit(configured, unit);
  return {
    user: values.user === null ? null : await userOf(values.user, systemd.leftMs()),
    userOrigin: origins.user ?? '',
    errorLog: values['error-log'],
    isForHooks: isSeenByHooks(origins.user),
  };
}

async function userOf(user: string, timeoutMs: number): Promise<Fact<HttpdUser>> {
  const uid = await userId(user, timeoutMs);
  return uid.known
    ? known({ user, uid: uid.value })
    : unknown(`the configured user does not exist: ${uid.why}`);
}

/** Why the configured user cannot be right, or null. Only running workers can contradict it. */
export async function userProblem(
  user: Fact<HttpdUser>,
  origin: string,
  unit: string,
  systemd: SystemdSession,
): Promise<string | null> {
  return user.known ? contradiction(user.value, origin, unit, systemd) : user.why;
}
