import { EDQUOT, ENOSPC, type Errnos, type MessageRule, anyOf } from './message-rule.ts';

const EIDRM = 43;
const EINVAL = 22;

/** EIDRM to a process that waits for the set, EINVAL to one that comes later (semop(2)). */
const GONE: Errnos = { only: [EIDRM, EINVAL] };

// A set is given to the server's user after it was made. Sources: util_mutex.c (2.4); worker.c, ssl_engine_mutex.c,
// mod_rewrite.c, util_ldap.c (2.0, 2.2); mod_jk.c; mod_fcgid fcgid_mutex_unix.c; ModSecurity modsecurity.c; mod_wsgi.c;
// mod_auth_mellon.c; mod_auth_openidc src/cache/common.c; mod_mono.c; mod_tile.c; mod_upload_progress.c.
const PERMISSIONS = anyOf(
  /[Cc]ould(?:n't| not) set permissions on (?:the \S{1,100} mutex|cross-process lock|\w{1,40}); check User/,
  /Parent could not set permissions on (?:RewriteLock; check User|mod_tile mutex)/,
  /(?:LDAP|Upload [Pp]rogress) cache: failed to set mutex permissions|Failed to set mutex permissions for \S/,
  /mod_(?:fcgid|lsapi): Can't set global \S{1,100} mutex perms/,
  /ModSecurity: Could not set permissions on global mutex/,
  /Unable to set permissions on sysvsem accept mutex '|Couldn't set permissions on accept mutex '/,
  /Failed to set permissions on session table lock; check User/,
  /unixd_set_global_mutex_perms failed; could not set permissions/,
);

/** A mutex could not be given away or used. */
export const REMOVAL_RULES: readonly MessageRule[] = [
  {
    id: 'permissions-other-errno',
    product: 'httpd 2.0-2.4 and its modules',
    kind: 'other-errno',
    pattern: PERMISSIONS,
    when: { not: [EIDRM, EINVAL, ENOSPC, EDQUOT, null] },
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (1)Operation not permitted: AH00024: Couldn't set permissions on the mpm-accept mutex; check User and Group directives",
  },
  {
    // semctl(2): EINVAL from IPC_SET is a uid or gid of -1, as "Group #-1" gives it; a removed set is EIDRM.
    id: 'permissions-invalid',
    product: 'httpd 2.0-2.4 and its modules',
    kind: 'config-error',
    pattern: PERMISSIONS,
    when: { only: [EINVAL] },
    sample:
      "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 4711] (22)Invalid argument: AH00024: Couldn't set permissions on the mpm-accept mutex; check User and Group directives",
  },
  {
    // The set was removed between its creation and the change of its owner.
    id: 'removed-at-start',
    product: 'httpd 2.0-2.4 and its modules',
    kind: 'set-removed',
    pattern: PERMISSIONS,
    when: { only: [EIDRM] },
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
    // mod_fcgid.c; mod_tile.c; mod_lua.c; mod_jk.c; mod_python.c; mod_mono.c; mod_auth_openidc; mod_auth_mellon; mod_wsgi.
    id: 'removed-child',
    product: 'httpd 2.0-2.4 and its modules',
    kind: 'set-removed',
    pattern: anyOf(
      /failed to initialise mutex in child_init|could not init proxy_mutex in child/,
      /Couldn't initialize cross-process lock in child|Failed to initialise global mutex/,
      /mod_fcgid: (?:Can't initialize shared memory or mutex in child|apr_global_mutex_child_init error)/,
      /Failed to reopen mutex \S|mod_jk: could not init JK log lock in child/,
      /mod_python: Failed to reinit global mutex|Failed to initialize the dashboard mutex '/,
      /apr_global_mutex_child_init failed to reopen mutex on file |Child process could not connect to mutex/,
      /(?:Couldn't|Unable to) initialise accept mutex (?:in daemon process )?'/,
    ),
    when: GONE,
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [authn_socache:crit] [pid 4711] (22)Invalid argument: AH01678: failed to initialise mutex in child_init',
  },
  {
    // 2.2 with a RewriteMap and no RewriteLock logs it too. mod_auth_mellon names its reason behind the message. Sources: mod_rewrite.c, mod_authn_socache.c, mod_jk.c;
    // mod_auth_mellon auth_mellon_cache.c; mod_auth_openidc src/cache/common.c; mod_fcgid fcgid_proctbl_unix.c, fcgid_pm_unix.c;
    // mod_cache_socache.c; mod_proxy_balancer.c; util_ldap_cache_mgr.c; mod_mono.c; mod_tile.c.
    id: 'removed-request',
    product:
      'mod_rewrite, mod_authn_socache, mod_cache_socache, mod_proxy_balancer, mod_ldap, mod_jk, mod_fcgid, mod_mono, mod_tile, mod_auth_mellon, mod_auth_openidc',
    kind: 'set-removed',
    pattern: anyOf(
      /apr_global_mutex_(?:un)?lock(?:\/\w{1,40})?(?:\(\w{0,60}\))? failed(?:(?: \[\d{1,3}\])?: [A-Z][a-z ]{1,40})?/,
      /Failed to release mutex!|LDAP cache lock failed/,
      /mod_fcgid: can't (?:(?:un)?lock process table in|(?:get|release) pipe mutex)/,
      /could not (?:acquire|release) lock(?:, ignoring: | for cache status)/,
      /Failed to (?:acquire|release) (?:\S{1,100} )?lock(?:,| (?:before|after) )/,
      /(?:\S{1,200}: )?(?:Lock|Unlock) failed for \w/,
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
      /ModSecurity: (?:Audit log: Failed to (?:un)?lock global|Geo Lookup: Failed to lock proc) mutex: (?:Identifier removed|Invalid argument)/,
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
    // They name no number: semop(2) on this set fails only when it was removed. Sources: nss_engine_init.c, nss_engine_pphrase.c.
    id: 'removed-nss',
    product: 'mod_nss',
    kind: 'set-removed',
    pattern: /Unable to (?:(?:reserve|free) semaphore resource|initialize semaphore\.)/,
    when: { only: [EIDRM, EINVAL, null] },
    sample: '[Sat Nov 21 05:20:58.123456 2026] [:error] [pid 4711] Unable to reserve semaphore resource',
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
];
