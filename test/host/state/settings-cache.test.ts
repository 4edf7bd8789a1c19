import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  cachedSettingsPath,
  cachedUnits,
  readCachedSettings,
} from '../../../src/host/state/read-cached-settings.ts';
import { cacheSettings, forgetSettings } from '../../../src/host/state/settings-cache.ts';

const UNIT = 'httpd.service';

void t.test('the last valid answer of httpd is cached', async (t) => {
  const directory = t.testdir({ conf: 'User apache' });
  const conf = `${directory}/conf`;
  const answer = {
    settings: {
      user: 'apache',
      uid: 48,
      gid: 48,
      errorLog: null,
      pidFile: '/run/httpd/httpd.pid',
      mutexMechanism: 'sysvsem',
      sysvMutexes: 3,
      mutexDir: null,
      configFiles: [conf],
      includedFiles: [conf],
      serverRoot: '/etc/httpd',
    },
    starterUid: 0,
    userFrom: null,
  };
  const longAgo = new Date(0);
  utimesSync(conf, longAgo, longAgo);

  t.match(readCachedSettings(UNIT, directory), { known: false, why: /ENOENT/ });
  t.match(cacheSettings(UNIT, answer, directory), { ok: true });
  const read = readCachedSettings(UNIT, directory);
  if (!read.known) throw new Error(read.why);
  const { ageMs, ...value } = read.value;
  t.strictSame(value, { ...answer, fresh: true });
  t.ok(ageMs >= -20 && ageMs < 60_000, `the kernel dates files by its tick: ${ageMs} ms`);
  t.strictSame(cachedUnits(directory), [UNIT]);

  const later = new Date(Date.now() + 60_000);
  utimesSync(conf, later, later);
  t.match(
    readCachedSettings(UNIT, directory),
    { value: { fresh: false } },
    'is old once a file it came from is newer',
  );

  const older = { ...answer.settings, includedFiles: undefined, serverRoot: undefined };
  writeFileSync(
    cachedSettingsPath(UNIT, directory),
    `httpd-guard 2\njson ${JSON.stringify({ ...answer, settings: older })}\n`,
  );
  t.match(
    readCachedSettings(UNIT, directory),
    { value: { settings: { uid: 48, includedFiles: [], serverRoot: null } } },
    'an older version cached less',
  );

  const set = { ...answer, userFrom: `${directory}/c.toml` };
  utimesSync(conf, longAgo, longAgo);
  t.match(cacheSettings(UNIT, set, directory), { ok: true });
  t.match(
    readCachedSettings(UNIT, directory),
    { value: { userFrom: set.userFrom, fresh: false } },
    'its file is gone',
  );
  writeFileSync(set.userFrom, '');
  t.match(readCachedSettings(UNIT, directory), { value: { fresh: true } });
  t.match(readFileSync(cachedSettingsPath(UNIT, directory), 'utf8'), `\nneeds ${set.userFrom}\njson `);

  const whole = `httpd-guard 2\nuid 48\ncuid 0\njson ${JSON.stringify(answer)}\n`;
  for (const text of [
    '',
    'httpd-guard 2\njson {}\n',
    'httpd-guard 2\njson {\n',
    'httpd-guard 2\njson {}\n',
    whole.replace('"uid":48', '"uid":"48"'),
    whole.replace('"starterUid":0', '"starterUid":-1'),
  ]) {
    writeFileSync(cachedSettingsPath(UNIT, directory), text);
    t.match(readCachedSettings(UNIT, directory), { known: false }, JSON.stringify(text));
  }

  forgetSettings(UNIT, directory);
  t.strictSame(cachedUnits(directory), []);
  t.match(cacheSettings(UNIT, answer, `${conf}/not-a-directory`), { ok: false, code: 'not-written' });
});

void t.test("a unit's name cannot leave the directory", async (t) => {
  t.equal(cachedSettingsPath('../../etc/passwd', '/d'), '/d/.._.._etc_passwd');
});
