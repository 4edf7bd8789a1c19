import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import type { BusConnection } from './bus-connection.ts';
import type { SystemdSession } from './systemd-session.ts';

/** Makes systemd act over the connection of a command. */
export async function actOnSystemd<T>(
  session: SystemdSession,
  act: (systemd: SystemdActions) => Promise<Fact<T>>,
): Promise<Fact<T>> {
  const connection = await session.connect();
  return connection.known ? act(new SystemdActions(connection.value)) : connection;
}

/** Makes systemd act. What only looks, and what reads logs, must not reach this file. */
export class SystemdActions {
  constructor(private readonly connection: BusConnection) {}

  /** Makes systemd read its unit files again. */
  async daemonReload(): Promise<Fact<true>> {
    return this.demand('systemd did not reload its units', 'Reload', '', []);
  }

  /** Asks for a start, as `systemctl start` does; "fail" where that would undo somebody's job that waits (org.freedesktop.systemd1(5)). */
  async start(name: string): Promise<Fact<true>> {
    return this.demand(`systemd does not start ${name}`, 'StartUnit', 'ss', [name, 'fail']);
  }

  /** Makes systemd forget that the unit failed, and how often it was started. */
  async resetFailed(name: string): Promise<Fact<true>> {
    return this.demand(`systemd does not forget the failure of ${name}`, 'ResetFailedUnit', 's', [name]);
  }

  private async demand(
    complaint: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<Fact<true>> {
    try {
      await this.connection.call(member, signature, body);
      return known(true);
    } catch (error) {
      return unknown(`${complaint}: ${errorReason(error)}`);
    }
  }
}
