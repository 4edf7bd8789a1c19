import { MESSAGE_ID } from '../../src/core/message-ids.ts';
import { type Apache, WWW_DATA, makeSets, setIds } from './apache.ts';
import { type Lab, until } from './lab.ts';

export const MOST_SETS = 12;
const RECOVER = 'httpd-guard-recover.service';
const WATCH = 'httpd-guard-watch.service';
/** More than the watcher waits. */
const RENEW_MS = 10_000;

/** Byte for byte what httpd writes when it can get no set. */
export const CREATE_FAILED =
  "[Sat Nov 21 03:14:15.926535 2026] [core:emerg] [pid 1] (28)No space left on device: AH00023: Couldn't create the mpm-accept mutex";

/** In sh, a script and a second more: who has ended before journald looks is of no unit. */
export const lingering = (script: string): string => `{ ${script}; sleep 1; }`;

/** The guard's own services in the lab: installed for units, asked for looks, and listened to. */
export class Guard {
  private constructor(readonly lab: Lab) {}

  /** A unit that is not enabled would be left alone. */
  static async install(lab: Lab, ...servers: readonly Apache[]): Promise<Guard> {
    await lab.installGuard();
    await lab.limitSets(MOST_SETS);
    for (const { unit } of servers)
      await lab.sh(
        `SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q ${unit}; httpd-guard install --quiet --unit ${unit}`,
      );
    return new Guard(lab);
  }

  /** This moment, as journalctl takes it. */
  async mark(): Promise<string> {
    return this.lab.sh('journalctl --sync; date +@%s.%6N');
  }

  /** What a service has said since then, line by line. */
  async said(service: 'watch' | 'recover', since: string): Promise<string[]> {
    // Of a process that has ended before journald looks, such as logger, an entry has no unit.
    const results = [MESSAGE_ID.recovered, MESSAGE_ID.failed, MESSAGE_ID.gaveUp].map(
      (id) => ` + MESSAGE_ID=${id}`,
    );
    const by = service === 'watch' ? `_SYSTEMD_UNIT=${WATCH}` : `_SYSTEMD_UNIT=${RECOVER}${results.join('')}`;
    const text = await this.lab.sh(
      `journalctl --sync; journalctl -q -o cat --since=${since} ${by} | grep -v heartbeat || true`,
    );
    return text.split('\n').filter((line) => line !== '');
  }

  /** Waits for a line of the recovering service. */
  async told(pattern: RegExp, since: string, deadlineMs = 60_000): Promise<string> {
    let lines: string[] = [];
    const ask = async (): Promise<string | null> => {
      lines = await this.said('recover', since);
      return lines.find((line) => pattern.test(line)) ?? null;
    };
    return until(`"${pattern.source}"`, ask, deadlineMs).catch(async (error: unknown) => {
      const watcher = await this.said('watch', since);
      const units = await this.lab.run('systemctl', 'status', '--no-pager', '-n5', RECOVER, WATCH, 'apache2');
      throw new Error([...watcher, ...lines, units.stdout].join('\n'), { cause: error });
    });
  }

  /** A watcher that has asked for nothing yet: of lines it would ask only twice a minute. */
  async newWatcher(): Promise<void> {
    await this.lab.sh(`systemctl restart ${WATCH}`);
  }

  /** Runs a line of sh as the watcher's user. */
  async asWatcher(script: string): Promise<void> {
    const { exitCode, stderr } = await this.lab.run(
      ...(['setpriv', '--reuid=httpd-guard-watch', '--regid=httpd-guard-watch', '--clear-groups'] as const),
      'sh',
      '-c',
      script,
    );
    if (exitCode !== 0) throw new Error(`as the watcher: ${stderr}`);
  }

  /** Has something at the request's place, and waits until the look that it starts is over. */
  async request(make: string): Promise<void> {
    const before = await this.lastLook();
    await this.asWatcher(`cd /run/httpd-guard-watch && ${make}`);
    await this.renewingRequest('the look to end', async () => (await this.lastLook()) !== before);
    await this.rests();
  }

  /** Waits until no look is under way or asked for. */
  async rests(): Promise<void> {
    await this.renewingRequest('the guard to rest', async () => {
      const { stdout } = await this.lab.run(
        ...(['sh', '-c', `systemctl is-active ${RECOVER}; ls /run/httpd-guard-watch`] as const),
      );
      return /^(inactive|failed)$/.test(stdout.trim());
    });
  }

  /** Meanwhile withdraws and restores a request that is not taken, as the watcher does with its own: systemd 245 can miss one. */
  private async renewingRequest(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    let renewedMs = performance.now();
    await until(what, async () => {
      if (await isTrue()) return true;
      if (performance.now() - renewedMs < RENEW_MS) return null;
      renewedMs = performance.now();
      await this.lab.run(
        ...([
          'sh',
          '-c',
          'cd /run/httpd-guard-watch && mv request hidden; sleep .1; mv hidden request',
        ] as const),
      );
      return null;
    });
  }

  /** When the service last ended, as systemd says. */
  async lastLook(): Promise<string> {
    return this.lab.sh(`systemctl show --value -p ExecMainExitTimestampMonotonic ${RECOVER}`);
  }

  /** Writes the configuration file. */
  configure(...lines: string[]): void {
    this.lab.write('etc/httpd-guard.toml', ['[recover]', ...lines, ''].join('\n'));
  }

  /** As if no recovery had been tried yet. */
  async forgetTries(): Promise<void> {
    await this.lab.sh('rm -f /var/lib/httpd-guard/*.recoveries');
  }
}

/** Makes the table full of what a dead httpd would have left. */
export async function fillTable(lab: Lab): Promise<void> {
  const { length } = await setIds(lab);
  if (length < MOST_SETS) await makeSets(lab, MOST_SETS - length, { uid: WWW_DATA });
}

/** Starts it, as if the guard's ExecStartPre and ExecStopPost were not there, into a full table: it fails. */
export async function failForSets(apache: Apache): Promise<void> {
  const { lab, unit } = apache;
  await lab.run('systemctl', 'stop', unit);
  await lab.run('systemctl', 'reset-failed', unit);
  await apache.dropIn('zz.conf', 'ExecStartPre=', 'ExecStopPost=');
  await fillTable(lab);
  await lab.run('systemctl', 'start', unit);
}

/** The same with the hooks, which clear before the start: the table is filled by its own ExecStartPre, once. */
export async function failForSetsWithHooks(apache: Apache): Promise<void> {
  const { lab, unit } = apache;
  lab.write(
    'root/fill',
    '#!/bin/sh\n[ -e /root/filled ] && exit 0\ntouch /root/filled\nexec make-sets 12 33 0 1\n',
    0o755,
  );
  await fillTable(lab);
  await lab.sh('rm -f /root/filled; ipcrm --all=sem');
  await apache.dropIn('zz.conf', 'ExecStartPre=-/root/fill');
  await lab.run('systemctl', 'start', unit);
}
