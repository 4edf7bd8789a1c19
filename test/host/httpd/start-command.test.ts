import { existsSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  findStartCommand,
  forgetStartCommand,
  keepStartCommand,
  readStartCommand,
} from '../../../src/host/httpd/start-command.ts';
import { failedUnit } from '../../core/diagnosis/failure-builder.ts';

const WRAPPER = { path: '/opt/start-web', argv: ['/opt/start-web', '-k', 'start'] };

const WEB = failedUnit({ name: 'web.service', execStart: WRAPPER });

void t.test("httpd is asked by the unit's ExecStart= and environment", async (t) => {
  const unit = failedUnit({
    execStart: { path: '/usr/sbin/httpd', argv: ['/usr/sbin/httpd', '$OPTIONS'] },
    environment: ['OPTIONS=-d /etc/httpd'],
  });
  t.match(findStartCommand(unit), { known: true, value: { exec: unit.execStart } });
  t.match(findStartCommand(failedUnit({ execStart: null })), { known: false, why: 'no ExecStart=' });
});

void t.test('a wrapper is not run, and the process under it is verified', async (t) => {
  t.match(findStartCommand(failedUnit({ execStart: WRAPPER, mainPid: 0 })), {
    known: false,
    why: /\/opt\/start-web of .* is neither httpd nor apachectl, so it is not run to query the configuration; no main process/,
  });
  t.match(findStartCommand(failedUnit({ execStart: WRAPPER, mainPid: process.pid })), {
    known: false,
    why: /its main process runs .*node/,
  });
  t.match(findStartCommand(failedUnit({ execStart: WRAPPER, mainPid: 2 ** 22 + 1 })), {
    known: false,
    why: 'cannot be read',
  });
});

void t.test('a damaged state file is rejected as a whole', async (t) => {
  const directory = t.testdir({});
  const path = `${directory}/web.service.start`;
  for (const text of [
    '',
    '{',
    'null',
    '{}',
    '{"exec":{}}',
    '{"exec":{"path":"/x","argv":[1]},"environment":[]}',
    '{"exec":{"path":"/x","argv":[]},"environment":[["A"]]}',
  ]) {
    writeFileSync(path, text);
    t.match(readStartCommand(WEB, directory), { known: false, why: 'web.service.start' }, text);
  }
  const kept = { exec: { path: '/bin/sh', argv: ['x'] }, environment: [['A', 'b=c']] };
  const of = JSON.stringify([WEB.user, WEB.execStart, WEB.workingDirectory]);
  writeFileSync(path, JSON.stringify({ of, ...kept }));
  t.match(readStartCommand(WEB, directory), {
    known: true,
    value: { exec: kept.exec, environment: new Map([['A', 'b=c']]) },
  });
  for (const other of [
    { user: 'alice' },
    { execStart: { path: '/opt/other', argv: [] } },
    { workingDirectory: '/tmp' },
  ])
    t.match(readStartCommand({ ...WEB, ...other }, directory), { known: false, why: 'earlier version' });
  forgetStartCommand('web.service', directory);
  t.notOk(existsSync(path));
  keepStartCommand({ ...WEB, mainPid: process.pid }, directory);
  t.equal(statSync(path, { throwIfNoEntry: false }), undefined, 'of what is no httpd nothing is kept');
});
