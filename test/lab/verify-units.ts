import type { Lab } from './lab.ts';

/** Keys of our units that some systemd of the lab does not know yet, and ignores, with the version that brought them (systemd.exec(5)). */
const NEWER_KEYS: Readonly<Record<string, number>> = { ProtectProc: 247 };

/** What systemd finds wrong with our units and those that they change; not what it finds wrong with the distribution's. */
export async function verifyUnits(lab: Lab, ...units: readonly string[]): Promise<string> {
  const version = Number(/^systemd (\d+)/.exec(await lab.sh('systemctl --version'))?.[1]);
  const { exitCode, stdout, stderr } = await lab.run(
    'env',
    'SYSTEMD_LOG_COLOR=0',
    'systemd-analyze',
    'verify',
    '--man=no',
    ...units,
  );
  return [...`${stdout}${stderr}`.split('\n'), exitCode === 0 ? '' : `exit status ${exitCode}`]
    .filter((line) => !isOfNewerKey(line, version) && !OF_DISTRIBUTION.test(line))
    .join('\n')
    .trim();
}

const OF_DISTRIBUTION = /^(?:\/usr)?\/lib\/systemd\/system\//;

function isOfNewerKey(line: string, version: number): boolean {
  const key = /: Unknown (?:key name|lvalue) '(\w+)' in section '?\w+'?, ignoring/.exec(line)?.[1];
  return key !== undefined && version < (NEWER_KEYS[key] ?? 0);
}
