import type { Cause } from './cause.ts';

/** What to do: in words, and as commands to paste; none where only a person can know. */
export interface Cure {
  say: string;
  run: string[];
}

/** What helps against a cause, best first. `unit` is a unit's name; `pids` are those of orphaned workers. */
export function cures(cause: Cause, unit: string, pids: readonly number[]): Cure[] {
  const start = [`systemctl reset-failed ${unit}`, `systemctl start ${unit}`];
  switch (cause) {
    case 'semaphore-leak':
      return [
        { say: 'clear what the dead httpd left, and start', run: ['httpd-guard clean', ...start] },
        { say: 'and let the guard do so before each start', run: [`httpd-guard install --unit ${unit}`] },
      ];
    case 'semaphore-demand':
      return [
        {
          say: 'nothing was leaked: all sets are in use, or another product’s. Raise SEMMNI, and SEMMNS with it',
          run: [
            "echo 'kernel.sem = 32000 1024000000 500 32000' >/etc/sysctl.d/60-semaphores.conf",
            'sysctl --system',
          ],
        },
        {
          say: 'or take mutexes that are no System V sets: "Mutex pthread default" in httpd’s configuration',
          run: [],
        },
        { say: 'who holds the table', run: ['ipcs -s -c', 'httpd-guard check --explain'] },
      ];
    case 'disk-full':
      return [{ say: 'make room', run: ['df -h', 'journalctl --vacuum-size=100M'] }];
    case 'inodes-full':
      return [{ say: 'remove files: the inodes are used up, not the bytes', run: ['df -i'] }];
    case 'quota-exceeded':
      return [{ say: 'raise the quota, or make room within it', run: ['repquota -a'] }];
    case 'shm-full':
      return [
        {
          say: 'make room in /dev/shm, or make it larger',
          run: ['ls -l /dev/shm', 'mount -o remount,size=1G /dev/shm'],
        },
      ];
    case 'port-held-by-orphans':
      return [
        {
          say: 'end the workers that their dead master left, and start',
          run: [...(pids.length === 0 ? [] : [`kill ${pids.join(' ')}`]), ...start],
        },
      ];
    case 'port-held-by-other':
      return [{ say: 'see who listens there', run: ['ss -ltnp'] }];
    case 'set-removed-while-live':
      return [
        {
          say: 'somebody removed semaphores of the running server: look for ipcrm in cron and scripts; a restart makes new ones',
          run: [`systemctl restart ${unit}`, 'grep -rn ipcrm /etc/cron* /var/spool/cron'],
        },
      ];
    case 'config-error':
      return [{ say: 'mend the configuration', run: ['apachectl configtest'] }];
    case 'stopped-by-admin':
      return [{ say: 'it is down because somebody wished it', run: [`systemctl start ${unit}`] }];
    case 'other':
    case 'unknown':
      return [{ say: 'its own words', run: [`journalctl -xeu ${unit}`, `systemctl status ${unit}`] }];
    case 'none':
      return [];
  }
}
