import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { idComplaint, needsVersion, parseSettings } from '../../../src/core/httpd/settings.ts';

const RUN = `ServerRoot: "/etc/apache2"
Main DocumentRoot: "/var/www/html"
Main ErrorLog: "/var/log/apache2/error.log"
Mutex ssl-cache: using_defaults
Mutex default: dir="/var/run/apache2/" mechanism=default
Mutex mpm-accept: using_defaults
PidFile: "/var/run/apache2/apache2.pid"
Define: DUMP_RUN_CFG
User: name="www-data" id=33
Group: name="www-data" id=33 not_used
`;
const VERSION = `Server version: Apache/2.4.68 (Debian)
 -D APR_USE_PROC_PTHREAD_SERIALIZE
 -D APR_USE_PTHREAD_SERIALIZE
 -D HTTPD_ROOT="/etc/apache2"
 -D SERVER_CONFIG_FILE="apache2.conf"
`;

void t.test("user, files and mutexes are read from httpd's own output", async (t) => {
  t.same(
    parseSettings(RUN, VERSION, null),
    known({
      user: 'www-data',
      uid: 33,
      gid: 33,
      errorLog: '/var/log/apache2/error.log',
      pidFile: '/var/run/apache2/apache2.pid',
      mutexMechanism: 'pthread',
      sysvMutexes: 0,
      mutexDir: '/var/run/apache2/',
      configFiles: ['/etc/apache2/apache2.conf'],
      includedFiles: ['/etc/apache2/apache2.conf'],
      serverRoot: '/etc/apache2',
    }),
  );
});

void t.test('output without a user, as of 2.2, is unknown', async (t) => {
  for (const text of ['', 'Syntax OK\n', 'User: name="x"\n', ' User: name="x" id=1'])
    t.match(parseSettings(text, VERSION, null), { known: false });
  t.same(parseSettings('Syntax OK', '', null), unknown('httpd does not report its user (httpd 2.2)'));
});

void t.test('the configured user overrides the reported one, and replaces it for 2.2', async (t) => {
  const apache = { user: 'apache', uid: 48 };
  t.match(parseSettings(RUN, VERSION, apache), { value: { ...apache, gid: 33, sysvMutexes: 0 } });
  const old = VERSION.replace('PROC_PTHREAD', 'SYSVSEM');
  t.match(parseSettings('Syntax OK', old, apache), {
    value: {
      ...apache,
      mutexMechanism: 'sysvsem',
      sysvMutexes: null,
      configFiles: ['/etc/apache2/apache2.conf'],
      errorLog: null,
    },
  });
  t.ok(needsVersion('Syntax OK', apache));
});

void t.test('a configured mechanism overrides the built-in one', async (t) => {
  const cases: [string, string, string | null][] = [
    ['mechanism=sysvsem', VERSION, 'sysvsem'],
    ['mechanism=default', ' -D APR_USE_SYSVSEM_SERIALIZE', 'sysvsem'],
    ['mechanism=default', ' -D APR_USE_FLOCK_SERIALIZE', 'flock'],
    ['mechanism=default', ' -D APR_USE_NEW_SERIALIZE', null],
    ['mechanism=default', '', null],
  ];
  for (const [line, version, mechanism] of cases)
    t.match(parseSettings(RUN.replace('mechanism=default', line), version, null), {
      value: { mutexMechanism: mechanism },
    });
});

void t.test('settings that are not reported are null', async (t) => {
  t.same(
    parseSettings('User: name="apache" id=48', '', null),
    known({
      user: 'apache',
      uid: 48,
      gid: null,
      errorLog: null,
      pidFile: null,
      mutexMechanism: null,
      sysvMutexes: null,
      mutexDir: null,
      configFiles: [],
      includedFiles: [],
      serverRoot: null,
    }),
  );
  t.match(parseSettings(RUN, ' -D SERVER_CONFIG_FILE="/a/b.conf"', null), {
    value: { configFiles: ['/a/b.conf'] },
  });
  t.match(parseSettings(RUN, ' -D SERVER_CONFIG_FILE="b.conf"', null), { value: { configFiles: [] } });
});

void t.test('mutexes that are System V sets are counted', async (t) => {
  const count = (run: string): number | null => {
    const settings = parseSettings(run, VERSION, null);
    return settings.known ? settings.value.sysvMutexes : -1;
  };
  const sysv = RUN.replace('mechanism=default', 'mechanism=sysvsem');
  t.equal(count(RUN), 0, 'none where the default is another');
  t.equal(count(sysv), 2);
  t.equal(count(sysv.replace('mpm-accept: using_defaults', 'mpm-accept: dir="/x" mechanism=fcntl')), 1);
  t.equal(count(RUN.replace('mpm-accept: using_defaults', 'mpm-accept: mechanism=sysvsem')), 1);
  t.match(parseSettings(sysv.replace('mechanism=sysvsem', 'mechanism=default'), '', null), {
    value: { sysvMutexes: null },
  });
});

void t.test('-V is asked only for what the other answer lacks', async (t) => {
  const user = 'User: name="www-data" id=33\n';
  const mutex = 'Mutex default: dir="/run" mechanism=sysvsem\n';
  const included = 'Included configuration files:\n  (*) /etc/apache2/apache2.conf\n';
  t.notOk(needsVersion(user + mutex + included, null));
  t.ok(needsVersion(user + mutex, null));
  t.ok(needsVersion(user + mutex.replace('sysvsem', 'default') + included, null));
  t.notOk(needsVersion('Syntax OK\n', null), '2.2 says nothing that -V could add to');
});

void t.test(
  'a User or Group without a valid number is a complaint, though httpd -t accepts it',
  async (t) => {
    const complaint = (uid: number, gid: number | null) => {
      const settings = parseSettings(RUN, VERSION, null);
      return settings.known ? idComplaint({ ...settings.value, uid, gid }) : 'unknown';
    };
    t.equal(complaint(33, 33), null);
    t.equal(complaint(33, null), null);
    t.match(complaint(33, 4_294_967_295), 'Group is no valid group');
    t.match(complaint(4_294_967_295, 33), 'User www-data is no valid user');
  },
);
