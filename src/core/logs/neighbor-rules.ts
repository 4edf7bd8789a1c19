import { type MessageRule, NO_ROOM, anyOf } from './message-rule.ts';

/** What other programs write, and what leaves sets behind. */
export const NEIGHBOR_RULES: readonly MessageRule[] = [
  {
    // Sources: sysv_sema.c (PostgreSQL); ext/sysvsem/sysvsem.c of PHP 4, 5, 8; apc_sem.c; mlogc.c.
    // Of what PHP says "failed for key" about, only semget() can fail with 28.
    id: 'table-full-elsewhere',
    product: 'PostgreSQL, PHP, APC, mlogc, Oracle, OMSA',
    kind: 'other-product',
    pattern: anyOf(
      /could not create semaphores: No space left on device/,
      /(?:sem_get\(\):|semget\(\)) [Ff]ailed for key 0x\w{1,20}: No space left on device/,
      /apc_sem_create: semget\(\d{1,20},\.\.\.\) failed:/,
      /Failed to create global mutex: No space left on device/,
      /operation:semget failed with status: 28|maximum number of semaphore sets has been exceeded/,
    ),
    when: NO_ROOM,
    sample: '2026-11-21 05:20:58 UTC [812] FATAL:  could not create semaphores: No space left on device',
  },
  {
    // Source: systemd service.c, and 219 as seen. The unit is in a field of the entry, not in the text.
    id: 'killed-by-systemd',
    product: 'systemd',
    kind: 'leak-source',
    pattern: anyOf(
      /[Mm]ain process exited, code=killed, status=9\/KILL/,
      /(?:State 'stop-sigterm'|\.service stop-sigterm) timed out\. Killing\./,
    ),
    when: 'any',
    sample: "httpd.service: State 'stop-sigterm' timed out. Killing.",
  },
  {
    // The pid file of the run before was still there: that run did not end by itself, and may have leaked. Source: server/log.c.
    id: 'unclean-shutdown',
    product: 'httpd 2.0-2.4',
    kind: 'leak-source',
    pattern: /pid file \S{1,1024} overwritten -- Unclean shutdown of previous Apache run\?/,
    when: 'any',
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [core:warn] [pid 4711] AH00098: pid file /run/httpd.pid overwritten -- Unclean shutdown of previous Apache run?',
  },
  {
    // Source: mm/oom_kill.c. A killed child leaves nothing behind, a killed master does.
    id: 'killed-by-oom',
    product: 'Linux',
    kind: 'leak-source',
    pattern: /Killed process \d{1,10} \((?:httpd|apache)[\w.-]{0,12}\) total-vm:/,
    when: 'any',
    sample:
      'kernel: Out of memory: Killed process 4711 (httpd) total-vm:1490304kB, anon-rss:1288436kB, file-rss:0kB',
  },
];
