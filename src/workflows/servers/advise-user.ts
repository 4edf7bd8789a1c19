import { contradictingUid, likelyUid, workerUids } from '../../core/httpd/worker-uids.ts';
import type { HttpdUser } from '../../core/httpd/settings.ts';
import { CONFIGURATION_FILE } from '../../host/config/configuration-file.ts';
import { userNames } from '../../host/exec/user-names.ts';
import { readUnitProcesses } from '../../host/proc/unit-processes.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { readSemaphoreSets } from '../../host/sysvipc/tables.ts';

/** What to write or to type where httpd does not report its user, by the user of its workers or of sets like its mutexes. */
export async function adviseUser(why: string, unit: string, systemd: SystemdSession): Promise<string> {
  const sets = await readSemaphoreSets();
  const uid = likelyUid(workerUids(readUnitProcesses(unit)), sets.known ? sets.value : []);
  const name = uid === null ? undefined : (await userNames([uid], systemd.leftMs())).get(uid);
  const example = name === undefined ? ' (or the User of its configuration)' : '';
  const user = name ?? 'apache';
  return `${why}; set user = "${user}"${example} in ${CONFIGURATION_FILE}, or HTTPD_GUARD_USER=${user}`;
}

/** Why the configured user is not that of the running workers; null if they do not contradict it. */
export async function contradiction(
  { user, uid }: HttpdUser,
  origin: string,
  unit: string,
  systemd: SystemdSession,
): Promise<string | null> {
  const other = contradictingUid(uid, workerUids(readUnitProcesses(unit)));
  if (other === null) return null;
  const name = (await userNames([other], systemd.leftMs())).get(other);
  const fix = name === undefined ? '' : `; set user = "${name}"`;
  return `the configured user of ${unit} is ${user} (uid ${uid}, ${origin}), but its workers run as ${name ?? 'a user without a name'} (uid ${other})${fix}`;
}
