import { chmodSync } from 'node:fs';
import t from 'tap';
import { forUnit, isSeenByHooks, readConfiguration } from '../../../src/host/config/configuration.ts';
import { serverChoice } from '../../../src/workflows/servers/find-server.ts';

const read = (text: string, environment: Record<string, string> = {}) => {
  // Below / alone no folder is another's.
  const file = `${t.testdir({ 'c.toml': text })}/c.toml`;
  return readConfiguration(file, environment);
};

const DEFAULTS = {
  unit: null,
  user: null,
  'error-log': null,
  'check.warn': 80,
  'check.crit': 100,
  'recover.reap': 'unit',
  'recover.on-set-removed': 'report',
  'recover.settle': 2,
  'recover.health-url': null,
  'notify.on-event': null,
  'monitor.textfile': null,
  'recover.on-recovered': null,
  'recover.on-gave-up': null,
};

void t.test('defaults apply to settings that are not set', async (t) => {
  for (const text of ['', '[recover]', '[check]\n[recover]'])
    t.strictSame(read(text), {
      known: true,
      value: {
        values: DEFAULTS,
        origins: Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, null])),
        units: new Map(),
      },
    });
});

void t.test('settings of the file override the defaults', async (t) => {
  const text = `unit = "httpd"
    user = "apache"
    [check]
    warn = 0
    [recover]
    reap = "never"
    settle = 0.5
    health-url = "http://127.0.0.1/"
    on-gave-up = ["/bin/mail", "root"]`;
  t.match(read(text), {
    known: true,
    value: {
      values: {
        unit: 'httpd.service',
        user: 'apache',
        'check.warn': 0,
        'recover.reap': 'never',
        'recover.settle': 0.5,
        'recover.health-url': 'http://127.0.0.1/',
        'recover.on-gave-up': ['/bin/mail', 'root'],
      },
      origins: { unit: /c\.toml$/, 'check.crit': null },
    },
  });
});

void t.test('the environment overrides the file', async (t) => {
  t.match(read('[check]\nwarn = 70\ncrit = 90', { HTTPD_GUARD_WARN: '60', HTTPD_GUARD_UNIT: 'apache2' }), {
    value: {
      values: { 'check.warn': 60, 'check.crit': 90, unit: 'apache2.service' },
      origins: { 'check.warn': 'HTTPD_GUARD_WARN', 'check.crit': /c\.toml$/, unit: 'HTTPD_GUARD_UNIT' },
    },
  });
  t.match(read('', { HTTPD_GUARD_WARN: 'much' }), {
    known: false,
    why: 'HTTPD_GUARD_WARN = "much" is wrong: it must be a whole number from 0 to 100',
  });
  t.match(read('[check]\ncrit = 70'), { known: true }, 'the default of the other is no contradiction');
  t.match(read('', { HTTPD_GUARD_SOMETHING: 'else' }), { known: true });
});

void t.test('an error names file, key, value and what is allowed', async (t) => {
  for (const [text, why] of [
    ['[recover]\nreap = "all"', 'recover.reap = "all" is wrong: it must be "unit" or "never"'],
    ['[recover]\nsettle = -1', 'recover.settle = -1 is wrong: it must be a number of seconds'],
    ['[recover]\nsettle = "2"', 'recover.settle = "2"'],
    ['[recover]\nhealth-url = "x"', 'recover.health-url = "x"'],
    ['[recover]\nhealth-url = "file:///etc/passwd"', 'recover.health-url = "file'],
    ['[recover]\non-recovered = []', 'recover.on-recovered = []'],
    ['[recover]\non-recovered = "a shell line"', 'recover.on-recovered = "a shell line"'],
    ['[recover]\nreep = "unit"', 'recover.reep is not a setting: did you mean recover.reap?'],
    ['[recovery]\n', 'recovery is not a setting: did you mean recover?'],
    ['warn = 60', 'c.toml: warn belongs to the table [check]'],
    ['recover = 5', 'recover is a table: [recover]'],
    ['[check]\nwarn = 80.5', 'check.warn = 80.5 is wrong: it must be a whole number from 0 to 100'],
    ['[check]\ncrit = 101', 'check.crit = 101'],
    ['[monitor]\ntextfile = "here"', 'monitor.textfile = "here" is wrong: it must be an absolute path'],
    ['[monitor]\ntextfile = "/a b"', 'monitor.textfile = "/a b"'],
    ['port = 80', 'port is not a setting: the settings are unit, user,'],
    ['unit = "a b"', 'unit = "a b" is wrong: it must be a service'],
    ['user = "-r"', 'user = "-r"'],
    ['unit = 5', 'unit = 5 is wrong: it must be a service'],
    ['[[unit]]\nuser = "u"', 'unit = [{"user":"u"}] is wrong: it must be a service'],
    ['[unit]\nx = 1', 'unit."x" = 1 is wrong: it must be a table of settings with the name of a service'],
    ['[unit.web.service]\nuser = "u"', 'the name of a unit needs quotes: [unit."web.service"]'],
    ['[unit."a b"]\nuser = "u"', '[unit."a b"] is wrong: it must be a table'],
    ['[unit.a]\n[unit."a.service"]', '[unit."a.service"] is there twice'],
    ['[unit.a]\nunit = "b"', '[unit."a"]: unit is not a setting of a unit'],
    ['[unit.a]\nuzer = "u"', '[unit."a"]: uzer is not a setting: did you mean user?'],
    ['[unit.a]\nuser = "-r"', '[unit."a.service"]: user = "-r" is wrong'],
    ['[unit.a.check]\nwarn = "x"', '[unit."a.service"]: check.warn = "x" is wrong'],
    ['[check]\nwarn = 90\n[unit.a.check]\ncrit = 80', 'check.warn (90) must not exceed check.crit (80)'],
    [
      'unit = "a"\n[unit."b.service"]\nuser = "u"',
      'unit = "NAME" and a table [unit."NAME"] exclude each other',
    ],
    ['error-log = "logs/error_log"', 'error-log = "logs/error_log" is wrong: it must be an absolute path'],
    ['[recover', 'not valid TOML, line 1: '],
    ['[check]\nwarn = = 8', 'not valid TOML, line 2: '],
    ['[check]\nwarn = 90\ncrit = 80', 'check.warn (90) must not exceed check.crit (80)'],
  ] as const) {
    const answer = read(text);
    t.match(answer, { known: false, why }, text);
    t.match(answer, { why: 'c.toml' });
  }
});

void t.test('a configured user applies to the configured unit', async (t) => {
  const wanted = (text: string, flag?: string, environment: Record<string, string> = {}) => {
    const configured = read(text, environment);
    if (!configured.known) return configured.why;
    const { unit } = serverChoice(flag, configured.value);
    return { unit, user: forUnit(configured.value, unit).values.user };
  };
  t.strictSame(wanted('user = "u"'), { unit: null, user: 'u' });
  t.strictSame(wanted('user = "u"', 'b.service'), { unit: 'b.service', user: 'u' });
  t.strictSame(wanted('unit = "a"\nuser = "u"'), { unit: 'a.service', user: 'u' });
  t.strictSame(wanted('unit = "a"\nuser = "u"', 'b.service'), { unit: 'b.service', user: null });
  const tables = 'user = "u"\n[unit.b]\nuser = "v"';
  t.strictSame(wanted(tables, 'b.service'), { unit: 'b.service', user: 'v' });
  t.strictSame(wanted(tables, 'c.service'), { unit: 'c.service', user: 'u' });
  const ofA = { HTTPD_GUARD_UNIT: 'a' };
  t.strictSame(wanted(tables, undefined, ofA), { unit: 'a.service', user: 'u' });
  t.strictSame(wanted(tables, 'b.service', ofA), { unit: 'b.service', user: 'v' });
  t.strictSame(wanted(tables, 'c.service', ofA), { unit: 'c.service', user: null });
});

void t.test('precedence: environment, table of the unit, top of the file, default', async (t) => {
  const text =
    '[check]\nwarn = 10\ncrit = 90\n[unit."b.service".check]\nwarn = 20\n[unit."b.service"]\nerror-log = "/e"';
  const of = (unit: string | null, environment: Record<string, string> = {}) => {
    const configured = read(text, environment);
    return configured.known ? forUnit(configured.value, unit) : configured;
  };
  t.match(of('b.service'), {
    values: { 'check.warn': 20, 'check.crit': 90, 'error-log': '/e', 'recover.settle': 2 },
    origins: {
      'check.warn': /c\.toml \[unit\."b\.service"\]$/,
      'check.crit': /c\.toml$/,
      'recover.settle': null,
    },
  });
  for (const unit of [null, 'a.service'])
    t.match(of(unit), { values: { 'check.warn': 10, 'error-log': null } }, String(unit));
  t.match(of('b.service', { HTTPD_GUARD_WARN: '30' }), {
    values: { 'check.warn': 30 },
    origins: { 'check.warn': 'HTTPD_GUARD_WARN' },
  });
});

void t.test('hooks see the default file only', async (t) => {
  for (const origin of ['/etc/httpd-guard.toml', '/etc/httpd-guard.toml [unit."a.service"]'])
    t.ok(isSeenByHooks(origin), origin);
  for (const origin of [null, 'HTTPD_GUARD_USER', '/tmp/c.toml', '/etc/httpd-guard.toml.old'])
    t.notOk(isSeenByHooks(origin), String(origin));
});

void t.test(
  'root does not read a file that other users can write',
  { skip: process.geteuid?.() !== 0 && 'not root' },
  async (t) => {
    const file = `${t.testdir({ 'c.toml': '' })}/c.toml`;
    chmodSync(file, 0o666);
    t.match(readConfiguration(file), { known: false, why: 'c.toml is not read' });
  },
);

void t.test('a file given by name must exist', async (t) => {
  t.match(readConfiguration('/nowhere/c.toml'), { known: false, why: '/nowhere/c.toml cannot be read' });
});
