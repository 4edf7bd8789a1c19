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
    parseSettings(RUN, VERSION),
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
    t.match(parseSettings(text, VERSION), { known: false });
  t.same(
    parseSettings('Syntax OK', ''),
    unknown('httpd does not report its user (httpd -t -D DUMP_RUN_CFG)'),
  );
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
    t.match(parseSettings(RUN.replace('mechanism=default', line), version), {
      value: { mutexMechanism: mechanism },
    });
});

void t.test('settings that are not reported are null', async (t) => {
  t.same(
    parseSettings('User: name="apache" id=48', ''),
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
  t.match(parseSettings(RUN, ' -D SERVER_CONFIG_FILE="/a/b.conf"'), {
    value: { configFiles: ['/a/b.conf'] },
  });
  t.match(parseSettings(RUN, ' -D SERVER_CONFIG_FILE="b.conf"'), { value: { configFiles: [] } });
});

void t.test('mutexes that are System V sets are counted', async (t) => {
  const count = (run: string): number | null => {
    const settings = parseSettings(run, VERSION);
    return settings.known ? settings.value.sysvMutexes : -1;
  };
  const sysv = RUN.replace('mechanism=default', 'mechanism=sysvsem');
  t.equal(count(RUN), 0, 'none where the default is another');
  t.equal(count(sysv), 2);
  t.equal(count(sysv.replace('mpm-accept: using_defaults', 'mpm-accept: dir="/x" mechanism=fcntl')), 1);
  t.equal(count(RUN.replace('mpm-accept: using_defaults', 'mpm-accept: mechanism=sysvsem')), 1);
  t.match(parseSettings(sysv.replace('mechanism=sysvsem', 'mechanism=default'), ''), {
    value: { sysvMutexes: null },
  });
});

void t.test('-V is asked only for what the other answer lacks', async (t) => {
  const user = 'User: name="www-data" id=33\n';
  const mutex = 'Mutex default: dir="/run" mechanism=sysvsem\n';
  const included = 'Included configuration files:\n  (*) /etc/apache2/apache2.conf\n';
  t.notOk(needsVersion(user + mutex + included));
  t.ok(needsVersion(user + mutex));
  t.ok(needsVersion(user + mutex.replace('sysvsem', 'default') + included));
  t.notOk(needsVersion('Syntax OK\n'), '2.2 says nothing that -V could add to');
});

void t.test(
  'a User or Group without a valid number is a complaint, though httpd -t accepts it',
  async (t) => {
    const complaint = (uid: number, gid: number | null) => {
      const settings = parseSettings(RUN, VERSION);
      return settings.known ? idComplaint({ ...settings.value, uid, gid }) : 'unknown';
    };
    t.equal(complaint(33, 33), null);
    t.equal(complaint(33, null), null);
    t.match(complaint(33, 4_294_967_295), 'Group is no valid group');
    t.match(complaint(4_294_967_295, 33), 'User www-data is no valid user');
  },
);
