import type { Fact } from '../core/fact.ts';

/** Makes systemd read its unit files again. */
export async function reloadSystemd(timeoutMs: number): Promise<Fact<true>> {
  const { Systemd } = await import('./systemd.ts');
  const systemd = await Systemd.connect(timeoutMs);
  if (!systemd.known) return systemd;
  try {
    return await systemd.value.daemonReload();
  } finally {
    systemd.value.disconnect();
  }
}
