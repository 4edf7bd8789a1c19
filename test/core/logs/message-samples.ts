import type { MessageKind } from '../../../src/core/logs/message-rule.ts';

export interface Sample {
  what: string;
  line: string;
  /** The kind that matchLine is to find; null where it is to find none. */
  kind: MessageKind | null;
  /** Where it matters which. */
  errno?: number | null;
  /** The file or folder without space that matchLine is to find; not looked at where it is not given. */
  path?: string | null;
}

const D22 = '[Sat Nov 21 05:20:58 2026]';
const D24 = '[Sat Nov 21 05:20:58.123456 2026]';
const CORE = `${D24} [core:emerg] [pid 4711]`;
const FULL = '(28)No space left on device: ';
const GONE = '(43)Identifier removed: ';
const LOCK_22 = "Couldn't create accept lock (/etc/httpd/logs/accept.lock.13808)";

const NAMES_OF_MUTEXES = [
  'mpm-accept',
  'ssl-cache',
  'ssl-stapling',
  'ssl-stapling-refresh',
  'rewrite-map',
  'proxy',
  'proxy-balancer-shm',
  'authdigest-client',
  'authdigest-opaque',
  'authn-socache',
  'cache-socache',
  'ldap-cache',
  'watchdog-callback',
  'lua-ivm-shm',
  'example-ipc-shm',
  'fcgid-pipe',
  'fcgid-proctbl',
];

/** The same message as it comes with different prefixes. */
const FORMS_OF_AH00023 = [
  `${CORE} (28)No space left on device: AH00023: Couldn't create the proxy mutex `,
  `${D24} [core:emerg] [pid 4711:tid 139872] (28)No space left on device: AH00023: Couldn't create the proxy mutex`,
  "(28)No space left on device: AH00023: Couldn't create the proxy mutex ",
  "AH00023: (28)No space left on device: Couldn't create the proxy mutex ",
  "Nov 21 05:20:58 web1 httpd[4711]: [core:emerg] [pid 4711] (28)No space left on device: AH00023: Couldn't create the proxy mutex ",
  "<24>1 2026-11-21T05:20:58Z web1 apache2 4711 - - (28)No space left on device: AH00023: Couldn't create the proxy mutex ",
  '{"level":"emerg","text":"(28)No space left on device: AH00023: Couldn\'t create the proxy mutex "}',
  "2026-11-21 05:20:58 core emerg AH00023: Couldn't create the proxy mutex  (28)No space left on device",
];

const made = (what: string, line: string): Sample => ({ what, line, kind: 'create-failed', errno: 28 });
const removed = (what: string, line: string): Sample => ({ what, line, kind: 'set-removed' });
const other = (what: string, line: string, errno: number): Sample => ({
  what,
  line,
  kind: 'other-errno',
  errno,
});
const elsewhere = (what: string, line: string): Sample => ({
  what,
  line,
  kind: 'no-room-elsewhere',
  errno: 28,
});
const after = (what: string, line: string): Sample => ({ what, line, kind: 'follow-up' });
const nothing = (what: string, line: string): Sample => ({ what, line, kind: null });

const noRoomForASet: Sample[] = [
  ...NAMES_OF_MUTEXES.map((name) =>
    made(`2.4: ${name}`, `${CORE} ${FULL}AH00023: Couldn't create the ${name} mutex `),
  ),
  ...FORMS_OF_AH00023.map((line, i) => made(`2.4: prefix ${i + 1}`, line)),
  {
    what: '2.4: no number',
    line: `AH00023: Couldn't create the proxy mutex `,
    kind: 'create-failed',
    errno: null,
  },
  made('2.2 prefork: default', `${D22} [emerg] ${FULL}${LOCK_22} (5)`),
  made('2.2 prefork: sysvsem', `${D22} [emerg] ${FULL}${LOCK_22} (2)`),
  made('2.2 worker', `${D22} [emerg] ${FULL}Couldn't create accept lock`),
  made('2.0 perchild', `${D22} [emerg] ${FULL}Couldn't create cross-process lock`),
  made('2.2 mod_ssl', `${D22} [error] ${FULL}Cannot create SSLMutex`),
  made('2.2 mod_rewrite', `${D22} [crit] ${FULL}mod_rewrite: Parent could not create RewriteLock file /x`),
  made('2.0 mod_rewrite', `${D22} [crit] ${FULL}mod_rewrite: could not create rewrite_log_lock`),
  made(
    '2.2 mod_auth_digest',
    `${D22} [error] ${FULL}Digest: failed to create lock (client_lock) - all nonce-count checking, one-time nonces, and MD5-sess algorithm disabled`,
  ),
  made('mod_fcgid', `${D22} [emerg] ${FULL}mod_fcgid: Can't create global fcgid-pipe mutex`),
  made('mod_jk', `${D22} [crit] ${FULL}mod_jk: could not create jk_log_lock`),
  made('mod_security 1', `${D22} [error] ${FULL}mod_security: Could not create modsec_auditlog_lock`),
  {
    what: 'mod_security 2 tells no number',
    line: `${D24} [:error] [pid 4711]  ModSecurity: Could not create global mutex`,
    kind: 'create-failed',
    errno: null,
  },
  made(
    'mod_wsgi 4',
    `${CORE} ${FULL}mod_wsgi (pid=4711): Couldn't create accept lock '/var/run/wsgi.4700.0.1.lock' (5).`,
  ),
  made(
    'mod_wsgi 6',
    `${CORE} ${FULL}WSGI0030: mod_wsgi (pid=4711): Unable to create accept lock '/run/wsgi.lock'. Daemon group will not start.`,
  ),
  made('mod_python', `${D22} [error] ${FULL}mod_python: Failed to create global mutex 3 of 8 (/tmp/mpmtx3).`),
  {
    what: 'mod_python names the cause',
    line: `${D22} [error] mod_python: Hint: On Linux, the problem may be the number of available semaphores, check 'sysctl kernel.sem'`,
    kind: 'create-failed',
    errno: null,
  },
  made(
    'mod_auth_openidc',
    `${D24} [auth_openidc:error] [pid 4711] oidc_cache_mutex_post_config: apr_global_mutex_create failed to create mutex (5) on file /tmp/mod_auth_openidc_mutex.4711: No space left on device (28)`,
  ),
  made(
    'mod_auth_openidc, which told no mechanism',
    `${D24} [auth_openidc:error] [pid 4711] apr_global_mutex_create failed to create mutex on file /tmp/m.4711: No space left on device (28)`,
  ),
  made('mod_auth_mellon', `${CORE} ${FULL}mutex_create: Error [28] \\"No space left on device\\"`),
  made('1.3', 'semget: No space left on device'),
  made(
    'mod_qos names only the text',
    `${D24} [qos:emerg] [pid 4711] mod_qos(004): failed to create mutex (ACT)(/var/tmp/x): No space left on device`,
  ),
  made(
    'mod_qos, of its clients',
    'mod_qos(004): failed to create mutex (client control)(/var/tmp/x): No space left on device',
  ),
  made('mod_qos, older', 'mod_qos(004): could create u-mutex: No space left on device'),
  {
    what: 'mod_qos, in another language',
    line: 'mod_qos(004): failed to create mutex (ACT)(/var/tmp/x): Auf dem Gerät ist kein Speicherplatz mehr verfügbar',
    kind: 'create-failed',
    errno: null,
  },
  {
    what: 'mod_nss names nothing',
    line: `${D24} [:error] [pid 4711] Unable to obtain semaphore.`,
    kind: 'create-failed',
    errno: null,
  },
  made(
    'mod_tile',
    `${D24} [tile:error] [pid 4711] ${FULL}Failed to create mutex on file /tmp/httpd_mutex.4711`,
  ),
  made(
    'mod_mono',
    `${D24} [mono:crit] [pid 4711] ${FULL}Failed to create mutex '/tmp/mod_mono_dashboard.lock'`,
  ),
  made('Axis2/C', `${D22} [emerg] ${FULL}[Axis2] Error creating global mutex`),
  made('mod_lsapi', `${D22} [emerg] ${FULL}mod_lsapi: Can't create global lsapi-pipe mutex`),
  made(
    'libmm',
    'Error: MM: mm:core: failed to acquire semaphore (No space left on device): OS: Invalid argument',
  ),
  made(
    'unlisted, global parent mutex',
    `${D22} [crit] ${FULL}Could not create global parent mutex /tmp/geocache`,
  ),
  made('unlisted, monitor lock', `${D22} [emerg] ${FULL}Cannot create monitor global lock`),
  made('unlisted, by a function', `${CORE} ${FULL}mod_x: apr_global_mutex_create failed`),
  made(
    'unlisted, number behind it',
    `${D22} [crit] mod_radar [post_config]: failed to create global mutex (/tmp/radar), errno: 28`,
  ),
  ...[
    'Auf dem Gerät ist kein Speicherplatz mehr verfügbar',
    'Aucun espace disponible sur le périphérique',
    'На устройстве не осталось свободного места',
    '\\xd0\\x9d\\xd0\\xb0 устройстве',
    'デバイスに空き領域がありません',
    '\uFFFDnicht lesbar',
  ].map((text) =>
    made(`in another language: ${text}`, `${CORE} (28)${text}: AH00023: Couldn't create the proxy mutex `),
  ),
  {
    what: '1.3 mod_ssl',
    line: 'Parent process could not create private SSLMutex semaphore',
    kind: 'create-failed',
    errno: null,
  },
];

const noRoomForAFile: Sample[] = [
  `${CORE} ${FULL}AH00023: Couldn't create the proxy mutex (file /var/run/apache2/proxy.4711)`,
  `${D22} [emerg] ${FULL}${LOCK_22} (0)`,
  `${D22} [emerg] ${FULL}${LOCK_22} (1)`,
  `${D22} [error] ${FULL}Cannot create SSLMutex with file \`/var/cache/mod_ssl/scache.4711'`,
  `${CORE} ${FULL}mod_wsgi (pid=4711): Couldn't create accept lock '/var/run/wsgi.4700.0.1.lock' (1).`,
  'apr_global_mutex_create failed to create mutex (1) on file /tmp/m.4711: No space left on device (28)',
].map((line, i) => ({ what: `file ${i + 1}`, line, kind: 'create-failed-file', errno: 28 }));

const otherReasons: Sample[] = [
  other('forbidden', `${CORE} (13)Permission denied: AH00023: Couldn't create the proxy mutex (file /x)`, 13),
  other(
    'no directory',
    `${CORE} (2)No such file or directory: AH00023: Couldn't create the x mutex (file /x)`,
    2,
  ),
  other('there already', `${D22} [error] (17)File exists: Cannot create SSLMutex with file \`/x'`, 17),
  other('invalid', `${CORE} (22)Invalid argument: AH00023: Couldn't create the mpm-accept mutex `, 22),
  other('no System V IPC', `${D22} [emerg] (38)Function not implemented: Couldn't create accept lock`, 38),
  other('no robust mutex', `${CORE} (95)Operation not supported: AH00023: Couldn't create the x mutex `, 95),
  other(
    "APR's own number",
    `${CORE} (70023)This function has not been implemented on this platform: AH00023: Couldn't create the x mutex `,
    70023,
  ),
  other('2.2 forbidden', `${D22} [emerg] (13)Permission denied: ${LOCK_22} (0)`, 13),
  other('pthread', `${D22} [emerg] ${FULL}${LOCK_22} (3)`, 28),
  other('openidc', 'failed to create mutex (5) on file /tmp/m.4711: Permission denied (13)', 13),
  ...[
    "AH00024: Couldn't set permissions on the mpm-accept mutex; check User and Group directives",
    "Couldn't set permissions on cross-process lock; check User and Group directives",
    'Could not set permissions on ssl_mutex; check User and Group directives',
    'mod_rewrite: Parent could not set permissions on RewriteLock; check User and Group directives',
    'mod_jk: Could not set permissions on jk_log_lock; check User and Group directives',
    'LDAP cache: failed to set mutex permissions',
    "mod_fcgid: Can't set global fcgid-pipe mutex perms",
    'ModSecurity: Could not set permissions on global mutex',
    "WSGI0031: Unable to set permissions on sysvsem accept mutex '/run/wsgi.lock'. Daemon group will not start.",
    "mod_wsgi (pid=4711): Couldn't set permissions on accept mutex '/run/wsgi.lock' (sysvsem).",
    'mod_rewrite: Could not set permissions on rewrite_log_lock; check User and Group directives',
    'Failed to set permissions on session table lock; check User and Group directives',
    'unixd_set_global_mutex_perms failed; could not set permissions',
    'Failed to set mutex permissions for /tmp/mod_mono_dashboard_default_1.lock',
    'Parent could not set permissions on mod_tile mutex: check User and Group directives',
    'Upload progress cache: failed to set mutex permissions',
    "mod_lsapi: Can't set global lsapi-pipe mutex perms",
  ].flatMap((text, i) => [
    other(`permissions ${i + 1}`, `${D22} [emerg] (1)Operation not permitted: ${text}`, 1),
    removed(`removed at once ${i + 1}`, `${D22} [emerg] ${GONE}${text}`),
    {
      what: `no such user or group ${i + 1}`,
      line: `${D22} [emerg] (22)Invalid argument: ${text}`,
      kind: 'config-error' as const,
      errno: 22,
    },
  ]),
];

const setsRemoved: Sample[] = [
  {
    what: 'unlisted, no such user or group',
    line: `${D22} [emerg] (22)Invalid argument: mod_x: could not set permissions on its lock`,
    kind: 'config-error',
  },
  removed('unlisted, removed at once', `${D22} [emerg] ${GONE}mod_x: could not set permissions on its lock`),
  nothing(
    'unlisted, forbidden',
    `${D22} [emerg] (1)Operation not permitted: mod_x: could not set permissions on its lock`,
  ),
  ...[
    "AH00144: couldn't grab the accept mutex",
    "AH00146: couldn't release the accept mutex",
    "couldn't grab the accept mutex",
    'AH00272: apr_proc_mutex_lock failed before this child process served any requests.',
    'AH00273: apr_proc_mutex_lock failed. Attempting to shutdown process gracefully.',
    'apr_proc_mutex_unlock failed. Attempting to shutdown process gracefully.',
    'AH02026: Failed to acquire SSL session cache lock',
    'AH02027: Failed to release SSL session cache lock',
    'Failed to acquire global mutex lock',
    "AH02024: Cannot reinit ssl-cache mutex with file `/x'",
    'AH02025: Cannot reinit ssl-cache mutex',
    "AH01946: Cannot reinit ssl-stapling mutex with file `/x'",
    'AH01947: Cannot reinit ssl-stapling mutex',
    'Cannot reinit SSLMutex',
    'AH01678: failed to initialise mutex in child_init',
    'AH02394: failed to initialise mutex in child_init',
    'AH02479: could not init proxy_mutex in child',
    "Couldn't initialize cross-process lock in child",
    'Failed to initialise global mutex /tmp/ldap.lock in child process 4712',
    "mod_fcgid: Can't initialize shared memory or mutex in child",
    "mod_fcgid: can't lock process table in pid 4712",
    "mod_fcgid: can't unlock process table in pid 4712",
    "mod_fcgid: can't lock process table in PM, pid 4712",
    "mod_fcgid: can't get pipe mutex",
    "mod_fcgid: can't release pipe mutex",
    'mod_fcgid: apr_global_mutex_child_init error for pipe mutex',
    'AH00920: Failed to reopen mutex proxy-balancer-shm in child',
    'AH03016: mod_lua: Failed to reopen mutex lua-ivm-shm in child',
    'Failed to reopen mutex on file /tmp/httpd_mutex.4711',
    'mod_jk: could not init JK log lock in child',
    'mod_python: Failed to reinit global mutex /tmp/mpmtx47110.',
    'Failed to acquire global mutex lock at index 3',
    "Failed to initialize the dashboard mutex '/tmp/mono.lock' in child process",
    'Failed to acquire dashboard lock, cannot continue starting new process',
    'Failed to release dashboard lock after destroying the dashboard',
    "Failed to acquire lock, can't display stats",
    'apr_global_mutex_child_init failed to reopen mutex on file /tmp/oidc',
    'Child process could not connect to mutex',
    "mod_wsgi (pid=4712): Couldn't initialise accept mutex in daemon process '/run/wsgi.sock'.",
    "WSGI0026: mod_wsgi (pid=4712): Unable to initialise accept mutex '/run/wsgi.sock' in daemon process.",
    'AH10134: LDAP cache lock failed',
    'AH02384: could not acquire lock, ignoring: http://www.example.com/',
    'AH01163: balancer://pool: Lock failed for find_best_worker()',
    'AH01175: balancer://pool: Unlock failed for post_request',
    'mod_x: cannot acquire the global lock',
    'mod_x: error locking its mutex',
    'apr_global_mutex_lock(jk_log_lock) failed',
    "mod_wsgi (pid=4712): Couldn't acquire accept mutex '/run/wsgi.sock'. Shutting down daemon process.",
    "mod_wsgi (pid=4712): Unable to acquire accept mutex '/run/wsgi.sock'. Daemon process will shut down.",
  ].flatMap((text) => [
    { ...removed(text, `${CORE} ${GONE}${text}`), errno: 43 },
    { ...removed(text, `${D22} [emerg] (22)Invalid argument: ${text}`), errno: 22 },
    nothing(`deadlock: ${text}`, `${D22} [emerg] (35)Resource deadlock avoided: ${text}`),
    nothing(`no number: ${text}`, `${D22} [emerg] ${text}`),
  ]),
  removed('unlisted, by its number', `${CORE} ${GONE}mod_x: broken lock`),
  nothing('unlisted, of something else', `${CORE} ${GONE}mod_x: the message queue is broken`),
  removed('mod_nss', `${D24} [:error] [pid 1] Unable to reserve semaphore resource`),
  removed('mod_nss, when it gives it back', `${D24} [:error] [pid 1] Unable to free semaphore resource`),
  removed('mod_nss, at its start', `${D24} [:error] [pid 1] Unable to initialize semaphore.`),
  removed('1.3 lock', 'accept_mutex_on: Identifier removed'),
  removed('1.3 unlock', 'accept_mutex_off: Invalid argument'),
  removed('1.3 start', 'semctl(SETVAL): Invalid argument'),
  nothing('1.3, other', 'semctl(IPC_SET): Operation not permitted'),
  removed('openidc', 'apr_global_mutex_lock/apr_thread_mutex_lock failed: Identifier removed (43)'),
  removed('mellon', 'apr_global_mutex_lock() failed [22]: Invalid argument'),
];

/** What httpd itself logs for a request, and nobody else can put there: at once behind the mark. */
const ofRequests: Sample[] = [
  removed(
    '2.4 mod_rewrite',
    `${D24} [rewrite:error] [pid 1] ${GONE}[client 192.0.2.7:50412] AH00660: apr_global_mutex_unlock(rewrite_mapr_lock_acquire) failed`,
  ),
  removed(
    '2.2 mod_rewrite',
    `${D22} [error] [client 192.0.2.7] (22)Invalid argument: apr_global_mutex_lock(rewrite_mapr_lock_acquire) failed`,
  ),
  removed(
    'mod_authn_socache, IPv6',
    `${D24} [authn_socache:error] [pid 1] ${GONE}[client 2001:db8::7:50412] AH01683: Failed to release mutex!`,
  ),
  removed(
    'mod_auth_mellon',
    `${D24} [auth_mellon:error] [pid 1] [client 192.0.2.7:50412] apr_global_mutex_lock() failed [43]: Identifier removed`,
  ),
  removed(
    'ModSecurity repeats the mark',
    `${D24} [:error] [pid 1] [client 192.0.2.7:50412] [client 192.0.2.7] ModSecurity: Audit log: Failed to lock global mutex: Invalid argument [hostname "x"]`,
  ),
  nothing(
    'ModSecurity, other user',
    `${D24} [:error] [pid 1] [client 192.0.2.7] ModSecurity: Audit log: Failed to lock global mutex: Permission denied [hostname "x"] [uri "/Identifier removed"]`,
  ),
  ...[
    "mod_fcgid: can't lock process table in pid 5",
    "mod_fcgid: can't get pipe mutex",
    "mod_x: can't lock its mutex",
  ].flatMap((text) => [
    removed(text, `[fcgid:emerg] (22)Invalid argument: [client 192.0.2.1:1] ${text}`),
    removed(`2.2: ${text}`, `${D22} [emerg] [client 192.0.2.1] ${GONE}${text}`),
  ]),
  removed(
    'mod_proxy_balancer',
    `${D24} [proxy_balancer:error] [pid 1] ${GONE}[client 192.0.2.7:50412] AH01163: balancer://pool: Lock failed for find_best_worker()`,
  ),
  removed(
    'mod_cache_socache',
    `${D24} [cache_socache:warn] [pid 1] ${GONE}[client 192.0.2.7:50412] AH02384: could not acquire lock, ignoring: http://x/`,
  ),
  removed(
    'mod_auth_openidc',
    `${D24} [auth_openidc:error] [pid 1] [client 192.0.2.7:50412] apr_global_mutex_lock() failed: Identifier removed (43)`,
  ),
  removed(
    'ModSecurity, geography',
    `${D24} [:error] [pid 1] [client 192.0.2.7] ModSecurity: Geo Lookup: Failed to lock proc mutex: Identifier removed`,
  ),
  nothing(
    'an unlisted message that is not grave may be of a script',
    `${D24} [x:error] [pid 1] ${GONE}[client 192.0.2.7:5] mod_x: can't lock its mutex`,
  ),
  elsewhere(
    'log writing',
    `${D24} [log_config:warn] [pid 1] ${FULL}[client 192.0.2.7:50412] AH00646: Error writing to /var/log/a.log`,
  ),
];

const lookAlikes: Sample[] = [
  ...[
    'AH00001: unable to create or access scoreboard \\"/run/sb\\" (name-based shared memory failure)',
    'AH00004: Unable to create or access scoreboard (anonymous shared memory failure)',
    'AH00819: Could not allocate shared memory segment for shmcb socache',
    'AH01179: balancer slotmem_create failed',
    'AH01185: worker slotmem_create failed',
    'AH01315: LDAP cache: could not create shared memory segment',
    'AH01762: Failed to create shared memory segment on file /run/authdigest_shm.1',
    'AH02665: mod_lua: Failed to create shared memory segment on file /run/httpd_lua_shm.1',
    'AH00646: Error writing to /var/log/apache2/access.log',
  ].flatMap((text) => [
    elsewhere(text, `${CORE} ${FULL}${text}`),
    nothing(`no memory: ${text}`, `${CORE} (12)Cannot allocate memory: ${text}`),
    {
      what: `quota: ${text}`,
      line: `${CORE} (122)Disk quota exceeded: ${text}`,
      kind: 'quota' as const,
      errno: 122,
    },
  ]),
  elsewhere(
    'mod_jk',
    'Initializing shm:/var/run/jk.shm.4711 errno=28. Unable to start due to shared memory failure.',
  ),
  nothing('mod_jk, other', 'Initializing shm:/x errno=13. Unable to start due to shared memory failure.'),
  elsewhere('2.2 posixsem', `${D22} [emerg] ${FULL}${LOCK_22} (4)`),
  elsewhere('sem_open', 'sem_open() failed to create named semaphore /zzo: No space left on device (28)'),
  nothing('sem_open, other', 'sem_open() failed to create named semaphore /zzo: Permission denied (13)'),
  nothing(
    'message queues',
    'PHP Warning:  msg_get_queue(): Failed for key 0x1: No space left on device in /x',
  ),
  nothing(
    'no room for an upload',
    `${D24} [dav:error] [pid 1] ${FULL}[client 192.0.2.7:5] AH00590: Could not write`,
  ),
  nothing('of no known message', `${CORE} ${FULL}AH00647: could not initialize buffered log`),
  ...(
    [
      ['AH00099: could not create /run/httpd.pid', '/run/httpd.pid'],
      [
        'AH10231: /usr/sbin/apache2: Failed creating pid file /run/apache2/apache2.pid',
        '/run/apache2/apache2.pid',
      ],
      ['AH00091: httpd: could not open error log file /var/log/httpd/error_log.', '/var/log/httpd/error_log'],
      ['AH00649: could not open transfer log file /var/log/x.log.', '/var/log/x.log'],
      ['AH00651: could not open forensic log file /var/log/f.log.', '/var/log/f.log'],
      ["AH01243: Couldn't bind unix domain socket /run/cgisock.1", '/run/cgisock.1'],
      ["AH00807: Cannot open socache DBM file `/var/cache/x' for writing (store)", '/var/cache/x'],
      ['AH00646: Error writing to /var/log/apache2/access.log', '/var/log/apache2/access.log'],
      [
        'AH01762: Failed to create shared memory segment on file /run/authdigest_shm.1',
        '/run/authdigest_shm.1',
      ],
      ['AH00001: unable to create or access scoreboard \\"/run/sb\\" (name-based)', '/run/sb'],
      ['AH00004: Unable to create or access scoreboard (anonymous shared memory failure)', null],
      ['mod_x: cannot write its state to /var/lib/x/state', '/var/lib/x/state'],
      ["mod_x: cannot open '/var/lib/with space/state'", '/var/lib/with space/state'],
    ] as const
  ).flatMap(([text, path]) => [
    { ...elsewhere(text, `${CORE} ${FULL}${text}`), path },
    { ...elsewhere(`in another language: ${text}`, `${CORE} (28)Kein Platz: ${text}`), path },
  ]),
  {
    ...elsewhere('rotatelogs', "Could not open log file '/var/log/a b.log' (No space left on device)"),
    path: '/var/log/a b.log',
  },
  elsewhere(
    'rotatelogs, writing',
    'Error 28 writing to log file at offset 4096.          1 messages lost (No space left on device)',
  ),
  nothing('rotatelogs, forbidden', "Could not open log file '/var/log/a.log' (Permission denied)"),
  nothing('forbidden', `${CORE} (13)Permission denied: AH00099: could not create /run/httpd.pid`),
  elsewhere(
    'mod_qos',
    'mod_qos(002): failed to create shared memory (ACT)(/var/tmp/x): No space left on device (99 bytes)',
  ),
  elsewhere('mod_fcgid', `${CORE} ${FULL}mod_fcgid: Can't create shared memory for size 4096 bytes`),
  elsewhere(
    'mod_upload_progress',
    `${CORE} ${FULL}Upload Progress cache: could not create shared memory segment`,
  ),
  elsewhere('mod_heartmonitor', `${CORE} ${FULL}AH02285: slotmem_create for status failed`),
  nothing('AH00002', 'AH00002: Fatal error: unable to create global pool for use by the scoreboard'),
  nothing('AH00021', `${CORE} AH00021: Invalid options were specified when creating the proxy mutex`),
  nothing('AH00022', `${CORE} AH00022: Can't create mutex of unknown type proxy`),
];

const otherFailures: Sample[] = [
  {
    what: 'quota of a file mutex',
    line: `${CORE} (122)Disk quota exceeded: AH00023: Couldn't create the proxy mutex (file /x)`,
    kind: 'quota',
  },
  nothing(
    'quota of an upload',
    `${D24} [dav:error] [pid 1] (122)Disk quota exceeded: [client 192.0.2.7:5] AH00590: Could not write`,
  ),
  {
    what: '2.2 port',
    line: '(98)Address already in use: make_sock: could not bind to address 0.0.0.0:80',
    kind: 'port-held',
    errno: 98,
  },
  {
    what: '2.4 port',
    line: `${D24} [core:crit] [pid 1] (98)Address already in use: AH00072: make_sock: could not bind to address [::]:80`,
    kind: 'port-held',
  },
  nothing('port forbidden', '(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80'),
  nothing(
    'address not here',
    '(99)Cannot assign requested address: AH00072: make_sock: could not bind to address x',
  ),
  {
    what: '2.4 syntax',
    line: 'AH00526: Syntax error on line 3 of /etc/apache2/apache2.conf:',
    kind: 'config-error',
  },
  { what: '2.2 syntax', line: 'Syntax error on line 3 of /etc/httpd/conf/httpd.conf:', kind: 'config-error' },
];

const followUps: Sample[] = [
  after('AH00015', 'AH00015: Unable to open logs'),
  after('AH00016', `${D24} [core:error] [pid 1] AH00016: Configuration Failed`),
  after('AH00019', 'AH00019: Unable to open logs, exiting'),
  after('AH00020', `${D24} [core:emerg] [pid 1] AH00020: Configuration Failed, exiting`),
  after('AH00050', `${CORE} AH00050: Child 4712 returned a Fatal error... Apache is exiting!`),
  after('AH02818', `${CORE} AH02818: MPM run failed, exiting`),
  after('2.2 logs', 'Unable to open logs'),
  after('2.2 configuration', `${D22} [error] Configuration Failed`),
  ...[
    'could not create accept mutex',
    'AH01675: failed to create authn-socache mutex',
    'AH02391: failed to create cache-socache mutex',
    'AH02478: failed to create proxy mutex',
    'AH01180: mutex creation of proxy-balancer-shm : pool1 failed',
    'AH10095: Watchdog: Failed to create singleton mutex.',
    'AH01760: failed to create lock (client_lock) - all nonce-count checking and one-time nonces disabled',
    'AH01959: SSLStapling: cannot initialise stapling mutex',
    "mod_fcgid: Can't initialize shared memory or mutex",
  ].map((text) => ({ ...after(text, `${CORE} ${FULL}${text}`), errno: 28 })),
  after('ModSecurity', `${D24} [:error] [pid 1] Audit log: Global mutex was not created`),
  after('AH00100', `${D24} [core:error] [pid 1] AH00100: httpd: could not log pid to file /run/httpd.pid`),
  after('mod_upload_progress', `${D24} [:crit] [pid 1] Global mutex not set.`),
  after('systemd', 'apache2.service: Main process exited, code=exited, status=1/FAILURE'),
];

const ofOthers: Sample[] = [
  ...[
    'FATAL:  could not create semaphores: No space left on device',
    'PHP Warning:  semget() failed for key 0x1e240: No space left on device in /x.php on line 3',
    'PHP Warning:  sem_get(): failed for key 0x1e240: No space left on device in /x.php on line 3',
    'PHP Warning:  sem_get(): Failed for key 0x123456: No space left on device in /x.php on line 3',
    'apc_sem_create: semget(123,...) failed: No space left on device',
    'Failed to create global mutex: No space left on device',
  ].map((line) => ({ what: line, line, kind: 'other-product' as const, errno: 28 })),
  ...[
    'ORA-27300: OS system dependent operation:semget failed with status: 28',
    'A semaphore set has to be created but the system limit for the maximum number of semaphore sets has been exceeded',
  ].map((line) => ({ what: line, line, kind: 'other-product' as const })),
  ...[
    `${D24} [core:warn] [pid 1] AH00098: pid file /run/httpd.pid overwritten -- Unclean shutdown of previous Apache run?`,
    '[warn] pid file /etc/httpd/run/httpd.pid overwritten -- Unclean shutdown of previous Apache run?',
  ].map((line) => ({ what: line, line, kind: 'leak-source' as const })),
  nothing(
    'a pid file of another program',
    'WARN: pid file /run/mmed/pid overwritten -- Unclean shutdown of previous NextEPC run?',
  ),
  { what: 'APC', line: '[apc-error] apc_sem_create: semget(123,...) failed:', kind: 'other-product' },
  nothing('APC, forbidden', 'apc_sem_create: semget(123,...) failed: Permission denied'),
  nothing(
    'PHP, forbidden',
    'PHP Warning:  sem_get(): Failed for key 0x1: Permission denied in /x.php on line 3',
  ),
  {
    what: 'systemd kills',
    line: 'httpd.service: Main process exited, code=killed, status=9/KILL',
    kind: 'leak-source',
  },
  {
    what: 'systemd 219 kills',
    line: 'httpd.service: main process exited, code=killed, status=9/KILL',
    kind: 'leak-source',
  },
  { what: 'systemd 219 waits', line: 'httpd.service stop-sigterm timed out. Killing.', kind: 'leak-source' },
  nothing('a soft end', 'httpd.service: Main process exited, code=killed, status=15/TERM'),
  {
    what: 'out of memory',
    line: 'Nov 21 05:20:58 web1 kernel: [12.3] Out of memory: Killed process 4711 (apache2) total-vm:1kB, anon-rss:1kB',
    kind: 'leak-source',
  },
  nothing('another victim', 'Out of memory: Killed process 4711 (mysqld) total-vm:1kB, anon-rss:1kB'),
];

const TRUE_TEXT = `${FULL}AH00023: Couldn't create the mpm-accept mutex `;

/** An ErrorLogFormat that begins with the client, or with a text of the admin's before it. */
const otherFormats: Sample[] = [
  ...[
    `[client -] ${CORE} ${TRUE_TEXT}`,
    `[client ] ${CORE} ${TRUE_TEXT}`,
    `[client ${CORE} ${TRUE_TEXT}`,
    `[client - ${CORE} ${TRUE_TEXT}`,
    `[client -] ${TRUE_TEXT}`,
    `[client 192.0.2.7:5] [core:emerg] [pid 1] ${TRUE_TEXT}`,
    `[client 192.0.2.7:5] ${CORE} ${TRUE_TEXT}`,
    `[client 192.0.2.7:5] ${D24} [core:emerg] ${TRUE_TEXT}`,
    `web1 shop [client -] [core:emerg] ${TRUE_TEXT}`,
    `Nov 21 05:20:58 web1 httpd[4711]: [client -] [core:emerg] ${TRUE_TEXT}`,
    `${D24} [pid 1] [client -] [core:emerg] ${TRUE_TEXT}`,
    `shop.example.com ${CORE} ${TRUE_TEXT}`,
  ].map((line, i) => made(`client first ${i + 1}`, line)),
  removed(
    'a message about a client',
    `[client 192.0.2.7:5] ${D24} [rewrite:error] [pid 1] ${GONE}AH00659: apr_global_mutex_lock(rewrite_mapr_lock_acquire) failed`,
  ),
  ...[
    `[client 192.0.2.7:5] ${D24} [core:error] [pid 1] AH00126: Invalid URI in request ${TRUE_TEXT}`,
    `[client 192.0.2.7:5] ${D24} [cgi:error] [pid 1] AH01215: ${TRUE_TEXT}: /var/www/x.cgi`,
    `[client 192.0.2.7:5] ${D24} [core:emerg] [pid 1] AH00036: access to ${TRUE_TEXT} failed`,
    `[client 192.0.2.7:5] AH00126: Invalid URI in request [client -] [core:emerg] ${TRUE_TEXT}`,
    `(36)File name too long: [client -] [core:emerg] ${TRUE_TEXT}`,
    `AH00126: Invalid URI in request [client -] [core:emerg] ${TRUE_TEXT}`,
    `[core:error] AH00126: Invalid URI in request [client -] [core:emerg] ${TRUE_TEXT}`,
    `192.0.2.7 "GET /[client -] [core:emerg] ${TRUE_TEXT} HTTP/1.1" 404`,
    `192.0.2.7 - - [21/Nov/2026:05:20:58 +0000] "GET /[client -] [core:emerg] ${TRUE_TEXT}"`,
    `[client 192.0.2.7:5] [client -] ${D24} [core:error] AH00126: Invalid URI in request ${TRUE_TEXT}`,
  ].map((line, i) => nothing(`client first, a client's words ${i + 1}`, line)),
];

const forgeries: Sample[] = [
  ...[
    `${D24} [core:info] [pid 1] [client 192.0.2.7:5] AH00128: File does not exist: /var/www/${TRUE_TEXT}`,
    `${D24} [cgi:error] [pid 1] [client 192.0.2.7:5] AH01215: ${TRUE_TEXT}: /var/www/x.cgi`,
    `${D22} [error] [client 192.0.2.7] ${TRUE_TEXT}`,
    `${D22} [error] [client 192.0.2.7] [client ] ${TRUE_TEXT}`,
    `${D22} [error] [client 192.0.2.7${TRUE_TEXT}`,
    `${D24} [php:error] [pid 1] [client 192.0.2.7:5] PHP Warning:  sem_get(): Failed for key 0x1: No space left on device in /x`,
    `${D24} [proxy:error] [pid 1] [remote 192.0.2.9:80] AH01102: error reading ${TRUE_TEXT}`,
    `${D24} [core:error] [pid 1] [client 192.0.2.7:5] AH00126: Invalid URI in request GET /${GONE}AH00144: couldn't grab the accept mutex`,
    `${D24} [core:info] [pid 1] [client 192.0.2.7:5] AH00128: File does not exist: /${GONE}apr_global_mutex_lock(x) failed`,
    `${D24} [core:error] [pid 1] [client 192.0.2.7:5] AH00126: Invalid URI in request (98)Address already in use: could not bind to address x`,
    `${D24} [core:error] [pid 1] [client 192.0.2.7:5] AH00126: Invalid URI in request AH00526: Syntax error on line 3 of /x`,
    `${D24} [core:error] [pid 1] [client 192.0.2.7:5] AH00016: Configuration Failed, exiting`,
    `192.0.2.7 - - [21/Nov/2026:05:20:58 +0000] "GET /${TRUE_TEXT} HTTP/1.1" 404 196 "-" "${TRUE_TEXT}"`,
  ].map((line, i) => nothing(`a client's words ${i + 1}`, line)),
  // Equal to the last byte to httpd's own. A line cannot show who wrote it, so they match.
  made('a script writes raw to the log', `${CORE} ${TRUE_TEXT}`),
  made('PHP calls syslog()', TRUE_TEXT),
  removed(
    'a script writes raw to the log',
    `${D24} [mpm_prefork:emerg] [pid 1] ${GONE}AH00144: couldn't grab the accept mutex`,
  ),
];

const ordinary: Sample[] = [
  '',
  ' ',
  `${D24} [mpm_prefork:notice] [pid 1] AH00163: Apache/2.4.68 (Debian) configured -- resuming normal operations`,
  `${D24} [mpm_event:notice] [pid 1] AH00489: Apache/2.4.68 configured -- resuming normal operations`,
  `${D24} [core:notice] [pid 1] AH00094: Command line: '/usr/sbin/apache2'`,
  `${D24} [mpm_worker:debug] [pid 1] worker.c(1818): AH00294: Accept mutex: sysvsem (default: sysvsem)`,
  `${D22} [debug] prefork.c(1023): AcceptMutex: sysvsem (default: sysvsem)`,
  `${D24} [mpm_prefork:notice] [pid 1] AH00169: caught SIGTERM, shutting down`,
  `${D24} [core:error] [pid 1] (13)Permission denied: [client 192.0.2.7:5] AH00132: file permissions deny server access: /x`,
  'Syntax OK',
  'httpd.service: Found left-over process 4711 (httpd) in control group while starting unit. Ignoring.',
  'httpd.service: Main process exited, code=exited, status=0/SUCCESS',
  '192.0.2.7 - - [21/Nov/2026:05:20:58 +0000] "GET /lock/semaphore HTTP/1.1" 200 5 "-" "curl/8"',
].map((line, i) => nothing(`ordinary ${i + 1}`, line));

export const SAMPLES: readonly Sample[] = [
  ...noRoomForASet,
  ...noRoomForAFile,
  ...otherReasons,
  ...setsRemoved,
  ...ofRequests,
  ...lookAlikes,
  ...otherFailures,
  ...followUps,
  ...ofOthers,
  ...otherFormats,
  ...forgeries,
  ...ordinary,
];
