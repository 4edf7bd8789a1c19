import { type Fact, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import type { Systemd } from './systemd.ts';

const TIMEOUT_MS = 5_000;

/** Asks over a connection of its own, which is closed afterwards. Never throws. */
export async function withSystemd<T>(ask: (systemd: Systemd) => Promise<Fact<T>>): Promise<Fact<T>> {
  // Its library is read only when it is needed.
  const { Systemd } = await import('./systemd.ts');
  const systemd = await Systemd.connect(TIMEOUT_MS);
  if (!systemd.known) return systemd;
  try {
    return await ask(systemd.value);
  } catch (error) {
    return unknown(errorReason(error));
  } finally {
    systemd.value.disconnect();
  }
}
