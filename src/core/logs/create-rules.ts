import { EDQUOT, ENOSPC, type Errnos, type MessageRule, NO_ROOM, anyOf } from './message-rule.ts';

const OTHER: Errnos = { not: [ENOSPC, EDQUOT, null] };

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
// ModSecurity modsecurity.c; mod_python.c; mod_auth_mellon.c; mod_qos.c; mod_tile.c; mod_mono.c; Axis2/C mod_axis2.c.
const NAMED_MUTEX = /Couldn't create the \S{1,100} mutex/;
const UNNUMBERED_LOCK = /Couldn't create (?:accept|cross-process) lock(?! ?[('])/;
const SSL_MUTEX = /Cannot create SSLMutex/;
const SSL_MUTEX_OF_1_3 = /Parent process could not create private SSLMutex semaphore/;
const REWRITE_LOCK =
  /mod_rewrite: (?:Parent could not create RewriteLock file|could not create rewrite_log_lock)/;
const DIGEST_LOCK = /Digest: failed to create lock \(/;
const FCGID_MUTEX = /mod_(?:fcgid|lsapi): Can't create global \S{1,100} mutex/;
const JK_LOCK = /mod_jk: could not create jk_log_lock/;
const MODSECURITY_LOCK =
  /mod_security: Could not create modsec_auditlog_lock|ModSecurity: Could not create global mutex/;
const WSGI_LOCK = /Unable to create accept lock '/;
const PYTHON_MUTEX = /mod_python: Failed to create global mutex \d/;
const PYTHON_HINT = /available semaphores, check 'sysctl kernel\.sem'/;
const FILE_MUTEX = /[Ff]ailed to create mutex on file /;
const QOS_MUTEX = /mod_qos\(004\): (?:failed to create mutex|could create [\w-]{1,20}mutex)/;
const MONO_MUTEX = /Failed to create mutex '/;
const AXIS_MUTEX = /\[Axis2\] Error creating global mutex/;
// Sources: mod_nss nss_engine_init.c; libmm mm_core.c.
const NSS_SEMAPHORE = /Unable to obtain semaphore\./;
const MM_SEMAPHORE = /mm:core: failed to acquire semaphore \(No space left on device\)/;
const MELLON_MUTEX = /mutex_create: Error \[/;

const MODULES_OF_2_2 = [REWRITE_LOCK, DIGEST_LOCK, FCGID_MUTEX];
const OTHER_MODULES = [
  JK_LOCK,
  MODSECURITY_LOCK,
  WSGI_LOCK,
  PYTHON_MUTEX,
  FILE_MUTEX,
  MELLON_MUTEX,
  QOS_MUTEX,
  MONO_MUTEX,
  AXIS_MUTEX,
  NSS_SEMAPHORE,
];

/** A mutex could not be created. */
export const CREATE_RULES: readonly MessageRule[] = [
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
    // The mechanism is not printed: with fcntl or flock the text is the same, and the disk is full.
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
    pattern: anyOf(...MODULES_OF_2_2),
    when: NO_ROOM,
    sample:
      '[Sat Nov 21 05:20:58 2026] [crit] (28)No space left on device: mod_rewrite: Parent could not create RewriteLock file /var/lock/rewrite',
  },
  {
    id: 'create-third-party',
    product:
      'mod_jk, ModSecurity, mod_wsgi 6, mod_python, mod_auth_openidc, mod_auth_mellon, mod_qos, mod_tile, mod_mono, mod_nss, Axis2/C, libmm',
    kind: 'create-failed',
    pattern: anyOf(...OTHER_MODULES, PYTHON_HINT, MM_SEMAPHORE),
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
    folder: '/dev/shm',
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
      ...MODULES_OF_2_2,
      ...OTHER_MODULES,
    ),
    when: OTHER,
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (17)File exists: AH00023: Couldn't create the rewrite-map mutex (file /var/run/apache2/rewrite-map.4711)",
  },
];
