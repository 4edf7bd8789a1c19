import type { Fact } from '../../core/fact.ts';
import { SystemdActions } from './systemd-actions.ts';
import { withConnection } from './with-systemd.ts';

/** Makes systemd act, over a connection of its own, which is closed afterwards. Never throws. */
export function withSystemdActions<T>(act: (systemd: SystemdActions) => Promise<Fact<T>>): Promise<Fact<T>> {
  return withConnection((connection) => act(new SystemdActions(connection)));
}
