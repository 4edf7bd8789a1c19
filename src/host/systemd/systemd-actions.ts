import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import type { BusConnection } from './bus-connection.ts';
import type { SystemdSession } from './systemd-session.ts';

/** unreachable: systemd cannot be asked at all. refused: it says no, or does not answer in time. */
export type SystemdCode = 'unreachable' | 'refused';

/** Makes systemd act over the connection of a command. */
export async function actOnSystemd(
  session: SystemdSession,
  act: (systemd: SystemdActions) => Promise<Done<SystemdCode>>,
): Promise<Done<SystemdCode>> {
  const connection = await session.connect();
  return connection.known
    ? act(new SystemdActions(connection.value))
    : notDone('unreachable', connection.why);
}

/** Makes systemd act. What only looks, and what reads logs, must not reach this file. */
export class SystemdActions {
  constructor(private readonly connection: BusConnection) {}

  /** Makes systemd read its unit files again. */
  async daemonReload(): Promise<Done<SystemdCode>> {
    return this.demand('systemd did not reload its units', 'Reload', '', []);
  }

  /** Asks for a start, as `systemctl start` does; "fail" where that would undo somebody's job that waits (org.freedesktop.systemd1(5)). */
  async start(name: string): Promise<Done<SystemdCode>> {
    return this.demand(`systemd does not start ${name}`, 'StartUnit', 'ss', [name, 'fail']);
  }

  /** Makes systemd forget that the unit failed, and how often it was started. */
  async resetFailed(name: string): Promise<Done<SystemdCode>> {
    return this.demand(`systemd does not forget the failure of ${name}`, 'ResetFailedUnit', 's', [name]);
  }

  private async demand(
    complaint: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<Done<SystemdCode>> {
    try {
      await this.connection.call(member, signature, body);
      return done;
    } catch (error) {
      return notDone('refused', `${complaint}: ${errorReason(error)}`);
    }
  }
}
