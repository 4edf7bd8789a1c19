import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import type { BusConnection } from './bus-connection.ts';
import type { SystemdSession } from './systemd-session.ts';

/** unreachable: systemd cannot be asked at all. refused: it says no, or does not answer in time. */
export type SystemdCode = 'unreachable' | 'refused';

/** Calls `act` with the actions of systemd over the connection of a command. */
export async function actOnSystemd(
  session: SystemdSession,
  act: (systemd: SystemdActions) => Promise<Done<SystemdCode>>,
): Promise<Done<SystemdCode>> {
  const connection = await session.connect();
  return connection.known
    ? act(new SystemdActions(connection.value))
    : notDone('unreachable', connection.why);
}

/** Calls that change the state of systemd. Code that only reads, or that reads logs, must not import this file. */
export class SystemdActions {
  constructor(private readonly connection: BusConnection) {}

  /** Has systemd reload its unit files. */
  async daemonReload(): Promise<Done<SystemdCode>> {
    return this.demand('systemd did not reload its unit files', 'Reload', '', []);
  }

  /** Queues a start, as `systemctl start` does; mode "fail": fails if it would replace another queued job (org.freedesktop.systemd1(5)). */
  async start(name: string): Promise<Done<SystemdCode>> {
    return this.demand(`systemd refused to start ${name}`, 'StartUnit', 'ss', [name, 'fail']);
  }

  /** Queues a restart, as `systemctl restart` does; mode "replace": also replaces a reload that hangs. */
  async restart(name: string): Promise<Done<SystemdCode>> {
    return this.demand(`systemd refused to restart ${name}`, 'RestartUnit', 'ss', [name, 'replace']);
  }

  /** Resets the failed state and the start limit of the unit. */
  async resetFailed(name: string): Promise<Done<SystemdCode>> {
    return this.demand(`systemd refused to reset the failed state of ${name}`, 'ResetFailedUnit', 's', [
      name,
    ]);
  }

  private async demand(
    failure: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<Done<SystemdCode>> {
    try {
      await this.connection.call(member, signature, body);
      return done;
    } catch (error) {
      return notDone('refused', `${failure}: ${errorReason(error)}`);
    }
  }
}
