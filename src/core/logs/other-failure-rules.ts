import { EDQUOT, ENOSPC, type MessageRule, anyOf } from './message-rule.ts';

/** What looks alike, what else keeps httpd from starting, and what only follows. */
export const OTHER_FAILURE_RULES: readonly MessageRule[] = [
  {
    // Sources: scoreboard.c, mod_socache_shmcb.c, mod_proxy_balancer.c, util_ldap.c, mod_auth_digest.c, mod_lua.c;
    // mod_jk.c ("errno=28"); mod_heartmonitor.c; mod_fcgid fcgid_proctbl_unix.c; mod_qos.c; mod_upload_progress.c.
    id: 'shared-memory',
    product: 'httpd 2.0-2.4, mod_jk',
    kind: 'no-room-elsewhere',
    pattern: anyOf(
      /[Uu]nable to create or access scoreboard|Could not allocate shared memory segment for shmcb/,
      /slotmem_create (?:for status )?failed|(?:LDAP|Upload [Pp]rogress) cache: could not create shared memory segment/,
      /[Ff]ailed to create shared memory(?: segment)?|mod_fcgid: Can't create shared memory for size/,
      /(?:Initializing shm:\S{1,1000} errno=\d{1,3}\. )?Unable to start due to shared memory failure/,
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
    // Sources: server/log.c (pid file, ErrorLog), mod_log_config.c, mod_log_forensic.c, mod_cgid.c, mod_fcgid fcgid_pm_unix.c,
    // mod_socache_dbm.c; support/rotatelogs.c.
    id: 'file-writing',
    product: 'httpd 2.0-2.4, rotatelogs, mod_fcgid',
    kind: 'no-room-elsewhere',
    pattern: anyOf(
      /could not create (?=\/)|Failed creating pid file |could not open (?:error|transfer|forensic) log file /,
      /Couldn't bind unix domain socket |mod_fcgid: Can't create unix socket dir |socache DBM file /,
      /Error 28 writing to log file at offset|Could not (?:open log file|create directory) '/,
    ),
    when: { only: [ENOSPC] },
    sample:
      '[Sat Nov 21 05:20:58.123456 2026] [core:error] [pid 4711] (28)No space left on device: AH10231: /usr/sbin/apache2: Failed creating pid file /run/apache2/apache2.pid',
  },
  {
    // Source: liboauth2 src/ipc.c. A named POSIX semaphore is a file in /dev/shm.
    id: 'sem-open',
    product: 'mod_oauth2 (liboauth2)',
    kind: 'no-room-elsewhere',
    pattern: /sem_open\(\) failed to create named semaphore /,
    when: { only: [ENOSPC] },
    folder: '/dev/shm',
    sample:
      'oauth2_ipc_sema_post_config: sem_open() failed to create named semaphore /zzo-sema: No space left on device (28)',
  },
  {
    // Of whatever message. Behind "[client ...]" it is the quota of an upload, and no start failed of that.
    id: 'quota',
    product: 'httpd 2.0-2.4',
    kind: 'quota',
    pattern: /\(122\)[^:]{1,80}: (?=\S)/,
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
    // They repeat the number of the message before them, but not its file, which shows whether it is a set or a file.
    // Sources: prefork.c, worker.c, mod_authn_socache.c, mod_cache_socache.c, mod_proxy.c, mod_proxy_balancer.c,
    // mod_watchdog.c, mod_auth_digest.c, ssl_util_stapling.c (2.4); mod_fcgid.c; ModSecurity modsecurity.c.
    id: 'follow-up-mutex',
    product: 'httpd 2.4 and its modules',
    kind: 'follow-up',
    pattern: anyOf(
      /could not create accept mutex|failed to create (?:authn-socache|cache-socache|proxy) mutex/,
      /mutex creation of \S{1,100} : |Watchdog: Failed to create singleton mutex/,
      /AH01760: failed to create lock \(|SSLStapling: cannot initialise stapling mutex/,
      /mod_fcgid: Can't initialize shared memory or mutex(?! in child)|Global mutex (?:was not created|not set\.)/,
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
      /Unable to open logs|Configuration Failed|could not log pid to file|returned a Fatal error\.\.\. Apache is exiting!|MPM run failed, exiting/,
    when: 'any',
    sample: 'AH00016: Configuration Failed',
  },
  {
    // httpd exits with 1 whatever the cause. Source: systemd service.c. The unit is in a field of the entry, not in the text.
    id: 'follow-up-systemd',
    product: 'systemd',
    kind: 'follow-up',
    pattern: /[Mm]ain process exited, code=exited, status=1\/FAILURE/,
    when: 'any',
    sample: 'httpd.service: Main process exited, code=exited, status=1/FAILURE',
  },
];
