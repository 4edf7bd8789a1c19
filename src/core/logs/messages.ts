/** What a line of a log says, as far as it bears on semaphores. */
export const MESSAGE_KINDS = [
  /** A set could not be made for want of room. */
  'create-failed',
  /** The same for a mutex that is a file: its disk or its inodes are used up. */
  'create-failed-file',
  /** A living server found that a set of its own is gone. */
  'set-removed',
  /** No room, but of a disk or of shared memory: looks alike, and has nothing to do with sets. */
  'no-room-elsewhere',
  'quota',
  'port-held',
  'config-error',
  /** A mutex could not be made or given away for another reason than room. */
  'other-errno',
  /** Says only that something failed before. */
  'follow-up',
  /** Another program found the table full. */
  'other-product',
  /** A SIGKILL, which is what leaves sets behind. */
  'leak-source',
] as const;

export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Error numbers, of Linux or of APR (above 20000); null stands for a line that names none. */
export type Errnos = 'any' | { only: readonly (number | null)[] } | { not: readonly (number | null)[] };

export interface MessageRule {
  id: string;
  /** Who writes it, and which versions do. */
  product: string;
  kind: MessageKind;
  /** The message's own text, without what stands before it (date, level, error number, AH number). */
  pattern: RegExp;
  when: Errnos;
  /** httpd logs it for a request, so it stands behind "[client …]". */
  perRequest?: true;
  /** A line that this rule matches, and no other. */
  sample: string;
}

const ENOSPC = 28;
const EDQUOT = 122;

/**
 * A line that names no number (an ErrorLogFormat without %E, or a program that does not tell it) is taken for want of
 * room: it is a reason to look at the table, and the table shows whether it is true.
 */
const NO_ROOM: Errnos = { only: [ENOSPC, null] };

/** EIDRM to a process that waits for the set, EINVAL to one that comes later (semop(2)). */
const GONE: Errnos = { only: [43, 22] };

const OTHER: Errnos = { not: [ENOSPC, EDQUOT, null] };

const anyOf = (...patterns: RegExp[]): RegExp => new RegExp(patterns.map(({ source }) => source).join('|'));

/**
 * The mechanism stands behind the file's name, which is printed for a set too: 0 fcntl, 1 flock, 2 sysvsem, 3 pthread,
 * 4 posixsem, 5 APR's default (apr: apr_proc_mutex.h, apr_lockmech_e). The default was sysvsem where these were used.
 * Sources: httpd 2.2 prefork.c; mod_wsgi 3.5 and 4.9.4 mod_wsgi.c; mod_auth_openidc src/cache/common.c.
 */
const ofMechanism = (number: string): RegExp =>
  new RegExp(
    `Couldn't create accept lock [('].{1,1024} \\(${number}\\)|failed to create mutex \\(${number}\\) on file `,
  );

// Sources: httpd server/util_mutex.c (2.4); worker.c, perchild.c, ssl_engine_mutex.c, mod_rewrite.c, mod_auth_digest.c
// (2.0, 2.2); mod_ssl 2.8 ssl_engine_mutex.c; mod_fcgid fcgid_mutex_unix.c; mod_jk.c; mod_wsgi wsgi_daemon.c;
// ModSecurity modsecurity.c; mod_python.c; mod_auth_mellon.c.
const NAMED_MUTEX = /Couldn't create the \S{1,100} mutex/;
const UNNUMBERED_LOCK = /Couldn't create (?:accept|cross-process) lock(?! ?[('])/;
const SSL_MUTEX = /Cannot create SSLMutex/;
const SSL_MUTEX_OF_1_3 = /Parent process could not create private SSLMutex semaphore/;
const REWRITE_LOCK =
  /mod_rewrite: (?:Parent could not create RewriteLock file|could not create rewrite_log_lock)/;
const DIGEST_LOCK = /Digest: failed to create lock \(/;
const FCGID_MUTEX = /mod_fcgid: Can't create global \S{1,100} mutex/;
const JK_LOCK = /mod_jk: could not create jk_log_lock/;
const MODSECURITY_LOCK =
  /mod_security: Could not create modsec_auditlog_lock|ModSecurity: Could not create global mutex/;
const WSGI_LOCK = /Unable to create accept lock '/;
const PYTHON_MUTEX = /mod_python: Failed to create global mutex \d/;
const PYTHON_HINT = /available semaphores, check 'sysctl kernel\.sem'/;
const OPENIDC_MUTEX = /failed to create mutex on file /;
const MELLON_MUTEX = /mutex_create: Error \[/;

// A set is given to the server's user after it was made. Sources: as above, and util_ldap.c (2.2).
const PERMISSIONS = anyOf(
  /Couldn't set permissions on (?:the \S{1,100} mutex|cross-process lock); check User/,
  /Could not set permissions on (?:ssl_mutex|jk_log_lock); check User/,
  /Parent could not set permissions on RewriteLock; check User/,
  /LDAP cache: failed to set mutex permissions/,
  /mod_fcgid: Can't set global \S{1,100} mutex perms/,
  /ModSecurity: Could not set permissions on global mutex/,
  /Unable to set permissions on sysvsem accept mutex '/,
);

/** The catalogue: data only. How a line is held against it stands in match-line.ts. */
export const RULES: readonly MessageRule[] = [
  {
    // With "Mutex posixsem" the text is the same, and /dev/shm is full.
    id: 'create-2.4',
    product: 'httpd 2.4',
    kind: 'create-failed',
    pattern: new RegExp(`${NAMED_MUTEX.source}(?! \\(file )`),
    when: NO_ROOM,
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (28)No space left on device: AH00023: Couldn't create the mpm-accept mutex ",
  },
  {
    id: 'create-of-mechanism',
    product: 'httpd 2.2 prefork, mod_wsgi 2-4, mod_auth_openidc',
    kind: 'create-failed',
    pattern: ofMechanism('[25]'),
    when: NO_ROOM,
    sample:
      "[Sat Nov 21 05:20:58 2026] [emerg] (28)No space left on device: Couldn't create accept lock (/etc/httpd/logs/accept.lock.13808) (5)",
  },
  {
    // No mechanism is told: with fcntl or flock the text is the same, and the disk is full.
    id: 'create-2.2-worker',
    product: 'httpd 2.2 worker, 2.0',
    kind: 'create-failed',
    pattern: UNNUMBERED_LOCK,
    when: NO_ROOM,
    sample: "[Sat Nov 21 05:20:58 2026] [emerg] (28)No space left on device: Couldn't create accept lock",
  },
  {
    id: 'create-2.2-ssl',
    product: 'mod_ssl 2.0, 2.2, and 2.8 for httpd 1.3',
    kind: 'create-failed',
    pattern: anyOf(/Cannot create SSLMutex(?! with file)/, SSL_MUTEX_OF_1_3),
    when: NO_ROOM,
    sample: '[Sat Nov 21 05:20:58 2026] [error] (28)No space left on device: Cannot create SSLMutex',
  },
  {
    // The file's name is printed, whatever the mechanism.
    id: 'create-2.2-module',
    product: 'mod_rewrite, mod_auth_digest 2.0, 2.2; mod_fcgid before 2.4',
    kind: 'create-failed',
    pattern: anyOf(REWRITE_LOCK, DIGEST_LOCK, FCGID_MUTEX),
    when: NO_ROOM,
    sample:
      '[Sat Nov 21 05:20:58 2026] [crit] (28)No space left on device: mod_rewrite: Parent could not create RewriteLock file /var/lock/rewrite',
  },
  {
    id: 'create-third-party',
    product: 'mod_jk, ModSecurity, mod_wsgi 6, mod_python, mod_auth_openidc, mod_auth_mellon',
    kind: 'create-failed',
    pattern: anyOf(
      JK_LOCK,
      MODSECURITY_LOCK,
      WSGI_LOCK,
      PYTHON_MUTEX,
      PYTHON_HINT,
      OPENIDC_MUTEX,
      MELLON_MUTEX,
    ),
    when: NO_ROOM,
    sample:
      '[Sat Nov 21 05:20:58 2026] [crit] (28)No space left on device: mod_jk: could not create jk_log_lock',
  },
  {
    // perror() in http_main.c: no date, no level.
    id: 'create-1.3',
    product: 'httpd 1.3',
    kind: 'create-failed',
    pattern: /(?<![^ ])semget: No space left on device/,
    when: { only: [ENOSPC] },
    sample: 'semget: No space left on device',
  },
  {
    id: 'create-file',
    product: 'httpd 2.4, mod_ssl 2.0, 2.2',
    kind: 'create-failed-file',
    pattern: anyOf(/Couldn't create the \S{1,100} mutex \(file /, /Cannot create SSLMutex with file/),
    when: { only: [ENOSPC] },
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (28)No space left on device: AH00023: Couldn't create the rewrite-map mutex (file /var/run/apache2/rewrite-map.4711)",
  },
  {
    id: 'create-file-of-mechanism',
    product: 'httpd 2.2 prefork, mod_wsgi 2-4, mod_auth_openidc',
    kind: 'create-failed-file',
    pattern: ofMechanism('[01]'),
    when: { only: [ENOSPC] },
    sample:
      "[Sat Nov 21 05:20:58 2026] [emerg] (28)No space left on device: Couldn't create accept lock (/etc/httpd/logs/accept.lock.13808) (0)",
  },
  {
    // A POSIX semaphore is a file in /dev/shm.
    id: 'create-posixsem',
    product: 'httpd 2.2 prefork, mod_wsgi 2-4, mod_auth_openidc',
    kind: 'no-room-elsewhere',
    pattern: ofMechanism('4'),
    when: { only: [ENOSPC] },
    sample:
      "[Sat Nov 21 05:20:58 2026] [emerg] (28)No space left on device: Couldn't create accept lock (/etc/httpd/logs/accept.lock.13808) (4)",
  },
  {
    // A pthread mutex is memory, neither a set nor a file: no table and no disk can be named for it.
    id: 'create-pthread',
    product: 'httpd 2.2 prefork, mod_wsgi 2-4, mod_auth_openidc',
    kind: 'other-errno',
    pattern: ofMechanism('3'),
    when: { only: [ENOSPC] },
    sample:
      "[Sat Nov 21 05:20:58 2026] [emerg] (28)No space left on device: Couldn't create accept lock (/etc/httpd/logs/accept.lock.13808) (3)",
  },
  {
    id: 'create-other-errno',
    product: 'httpd 2.0-2.4 and its modules',
    kind: 'other-errno',
    pattern: anyOf(
      NAMED_MUTEX,
      ofMechanism('\\d'),
      UNNUMBERED_LOCK,
      SSL_MUTEX,
      REWRITE_LOCK,
      DIGEST_LOCK,
      FCGID_MUTEX,
      JK_LOCK,
      MODSECURITY_LOCK,
      WSGI_LOCK,
      PYTHON_MUTEX,
      OPENIDC_MUTEX,
      MELLON_MUTEX,
    ),
    when: OTHER,
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (17)File exists: AH00023: Couldn't create the rewrite-map mutex (file /var/run/apache2/rewrite-map.4711)",
  },
  {
    id: 'permissions-other-errno',
    product: 'httpd 2.0-2.4 and its modules',
    kind: 'other-errno',
    pattern: PERMISSIONS,
    when: { not: [43, 22, ENOSPC, EDQUOT, null] },
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (1)Operation not permitted: AH00024: Couldn't set permissions on the mpm-accept mutex; check User and Group directives",
  },
  {
    // Somebody removed the set between its making and its giving away.
    id: 'removed-at-start',
    product: 'httpd 2.0-2.4 and its modules',
    kind: 'set-removed',
    pattern: PERMISSIONS,
    when: GONE,
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (43)Identifier removed: AH00024: Couldn't set permissions on the mpm-accept mutex; check User and Group directives",
  },
  {
    // Sources: prefork.c, worker.c (2.0-2.4).
    id: 'removed-accept',
    product: 'httpd 2.0-2.4 prefork and worker',
    kind: 'set-removed',
    pattern: /couldn't (?:grab|release) the accept mutex|apr_proc_mutex_(?:un)?lock failed/,
    when: GONE,
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [mpm_prefork:emerg] [pid 4711] (43)Identifier removed: AH00144: couldn't grab the accept mutex",
  },
  {
    // Source: ssl_engine_mutex.c, ssl_util_stapling.c.
    id: 'removed-ssl',
    product: 'mod_ssl 2.0-2.4',
    kind: 'set-removed',
    pattern: anyOf(
      /Failed to (?:acquire|release) (?:SSL session cache lock|global mutex lock)/,
      /Cannot reinit (?:SSLMutex|ssl-cache mutex|ssl-stapling mutex)/,
    ),
    when: GONE,
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [ssl:warn] [pid 4711] (43)Identifier removed: AH02026: Failed to acquire SSL session cache lock',
  },
  {
    // Sources: mod_authn_socache.c, mod_cache_socache.c, mod_proxy.c (2.4); prefork.c, worker.c, util_ldap.c (2.0, 2.2);
    // mod_fcgid.c, fcgid_proctbl_unix.c.
    id: 'removed-child',
    product: 'httpd 2.0-2.4 and its modules',
    kind: 'set-removed',
    pattern: anyOf(
      /failed to initialise mutex in child_init|could not init proxy_mutex in child/,
      /Couldn't initialize cross-process lock in child|Failed to initialise global mutex/,
      /mod_fcgid: (?:Can't initialize shared memory or mutex in child|can't lock process table)/,
    ),
    when: GONE,
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [authn_socache:crit] [pid 4711] (22)Invalid argument: AH01678: failed to initialise mutex in child_init',
  },
  {
    // 2.2 with a RewriteMap and no RewriteLock logs it too. mod_auth_mellon names its reason behind the message. Sources: mod_rewrite.c, mod_authn_socache.c, mod_jk.c;
    // mod_auth_mellon auth_mellon_cache.c; mod_auth_openidc src/cache/common.c.
    id: 'removed-request',
    product: 'mod_rewrite, mod_authn_socache, mod_jk, mod_auth_mellon, mod_auth_openidc',
    kind: 'set-removed',
    pattern: anyOf(
      /apr_global_mutex_(?:un)?lock(?:\/\w{1,40})?(?:\(\w{0,60}\))? failed(?: \[\d{1,3}\]: [A-Z][a-z ]{1,40})?/,
      /Failed to release mutex!/,
    ),
    when: GONE,
    perRequest: true,
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [rewrite:error] [pid 4711] (43)Identifier removed: [client 192.0.2.7:50412] AH00659: apr_global_mutex_lock(rewrite_mapr_lock_acquire) failed',
  },
  {
    // Source: msc_logging.c. "Permission denied" comes from modules that change the user of a request (mpm-itk).
    id: 'removed-modsecurity',
    product: 'ModSecurity 2',
    kind: 'set-removed',
    pattern:
      /ModSecurity: Audit log: Failed to (?:un)?lock global mutex: (?:Identifier removed|Invalid argument)/,
    when: GONE,
    perRequest: true,
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [:error] [pid 1130] [client 192.0.2.7] ModSecurity: Audit log: Failed to lock global mutex: Identifier removed [hostname "192.0.2.7"] [uri "/wp-cron.php"]',
  },
  {
    // A daemon that outlives its master logs it at any stop (a comment in wsgi_daemon.c says so).
    id: 'removed-wsgi',
    product: 'mod_wsgi 2-6',
    kind: 'set-removed',
    pattern: /(?:Couldn't|Unable to) (?:acquire|release) accept mutex '/,
    when: GONE,
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [wsgi:crit] [pid 4711] (43)Identifier removed: mod_wsgi (pid=4711): Couldn't acquire accept mutex '/var/run/wsgi.4700.0.1.sock'. Shutting down daemon process.",
  },
  {
    // perror() in http_main.c.
    id: 'removed-1.3',
    product: 'httpd 1.3',
    kind: 'set-removed',
    pattern:
      /(?<![^ ])(?:accept_mutex_o(?:n|ff)|semctl\((?:SETVAL|IPC_SET)\)): (?:Identifier removed|Invalid argument)/,
    when: GONE,
    sample: 'accept_mutex_on: Identifier removed',
  },
  {
    // Sources: scoreboard.c, mod_socache_shmcb.c, mod_proxy_balancer.c, util_ldap.c, mod_auth_digest.c, mod_lua.c;
    // mod_jk.c ("errno=28").
    id: 'shared-memory',
    product: 'httpd 2.0-2.4, mod_jk',
    kind: 'no-room-elsewhere',
    pattern: anyOf(
      /[Uu]nable to create or access scoreboard|Could not allocate shared memory segment for shmcb/,
      /(?:balancer|worker) slotmem_create failed|LDAP cache: could not create shared memory segment/,
      /[Ff]ailed to create shared memory segment|Unable to start due to shared memory failure/,
    ),
    when: { only: [ENOSPC] },
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [core:crit] [pid 4711] (28)No space left on device: AH00004: Unable to create or access scoreboard (anonymous shared memory failure)',
  },
  {
    // Source: mod_log_config.c.
    id: 'log-writing',
    product: 'mod_log_config 2.4',
    kind: 'no-room-elsewhere',
    pattern: /Error writing to \S/,
    when: { only: [ENOSPC] },
    perRequest: true,
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [log_config:warn] [pid 4711] (28)No space left on device: [client 192.0.2.7:50412] AH00646: Error writing to /var/log/apache2/access.log',
  },
  {
    // Source: liboauth2 src/ipc.c. A named POSIX semaphore is a file in /dev/shm.
    id: 'sem-open',
    product: 'mod_oauth2 (liboauth2)',
    kind: 'no-room-elsewhere',
    pattern: /sem_open\(\) failed to create named semaphore /,
    when: { only: [ENOSPC] },
    sample:
      'oauth2_ipc_sema_post_config: sem_open() failed to create named semaphore /zzo-sema: No space left on device (28)',
  },
  {
    // Of whatever message. Behind "[client …]" it is the quota of an upload, and no start failed of that.
    id: 'quota',
    product: 'httpd 2.0-2.4',
    kind: 'quota',
    pattern: /\(122\)Disk quota exceeded: (?=\S)/,
    when: { only: [EDQUOT] },
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (122)Disk quota exceeded: AH00023: Couldn't create the proxy mutex (file /var/run/apache2/proxy.4711)",
  },
  {
    // Source: listen.c. With (13) the port is forbidden, with (99) the address is not of this machine.
    id: 'port-held',
    product: 'httpd 2.0-2.4',
    kind: 'port-held',
    pattern: /could not bind to address /,
    when: { only: [98] },
    sample: '(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80',
  },
  {
    // Source: config.c; AH00526 in 2.4.
    id: 'syntax-error',
    product: 'httpd 2.0-2.4',
    kind: 'config-error',
    pattern: /Syntax error on line \d{1,10} of \S/,
    when: 'any',
    sample: 'AH00526: Syntax error on line 12 of /etc/apache2/sites-enabled/site.conf:',
  },
  {
    // They repeat the number of the message before them, but not its file: only that one tells a set from a file.
    // Sources: prefork.c, worker.c, mod_authn_socache.c, mod_cache_socache.c, mod_proxy.c, mod_proxy_balancer.c,
    // mod_watchdog.c, mod_auth_digest.c, ssl_util_stapling.c (2.4); mod_fcgid.c; ModSecurity modsecurity.c.
    id: 'follow-up-mutex',
    product: 'httpd 2.4 and its modules',
    kind: 'follow-up',
    pattern: anyOf(
      /could not create accept mutex|failed to create (?:authn-socache|cache-socache|proxy) mutex/,
      /mutex creation of \S{1,100} : |Watchdog: Failed to create singleton mutex/,
      /AH01760: failed to create lock \(|SSLStapling: cannot initialise stapling mutex/,
      /mod_fcgid: Can't initialize shared memory or mutex(?! in child)|Global mutex was not created/,
    ),
    when: 'any',
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [mpm_prefork:crit] [pid 4711] (28)No space left on device: could not create accept mutex',
  },
  {
    // AH00015, AH00016, AH00019, AH00020, AH00050, AH02818 in 2.4. Sources: main.c, mpm_unix.c, mpm_common.c.
    id: 'follow-up-start',
    product: 'httpd 2.0-2.4',
    kind: 'follow-up',
    pattern:
      /Unable to open logs|Configuration Failed|returned a Fatal error\.\.\. Apache is exiting!|MPM run failed, exiting/,
    when: 'any',
    sample: 'AH00016: Configuration Failed',
  },
  {
    // httpd exits with 1 whatever the cause. Source: systemd service.c. Of which unit, journald tells, not the text.
    id: 'follow-up-systemd',
    product: 'systemd',
    kind: 'follow-up',
    pattern: /[Mm]ain process exited, code=exited, status=1\/FAILURE/,
    when: 'any',
    sample: 'httpd.service: Main process exited, code=exited, status=1/FAILURE',
  },
  {
    // Sources: sysv_sema.c (PostgreSQL); ext/sysvsem/sysvsem.c of PHP 4, 5, 8; apc_sem.c; mlogc.c.
    // Of what PHP says "failed for key" about, only semget() can fail with 28.
    id: 'table-full-elsewhere',
    product: 'PostgreSQL, PHP, APC, mlogc',
    kind: 'other-product',
    pattern: anyOf(
      /could not create semaphores: No space left on device/,
      /(?:sem_get\(\):|semget\(\)) [Ff]ailed for key 0x\w{1,20}: No space left on device/,
      /apc_sem_create: semget\(\d{1,20},\.\.\.\) failed:/,
      /Failed to create global mutex: No space left on device/,
    ),
    when: NO_ROOM,
    sample: '2026-11-21 05:20:58 UTC [812] FATAL:  could not create semaphores: No space left on device',
  },
  {
    // Source: systemd service.c, and 219 as seen. Of which unit, journald tells, not the text.
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
