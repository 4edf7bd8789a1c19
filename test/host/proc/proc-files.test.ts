import t from 'tap';
import {
  readState,
  listPids,
  parseStat,
  parseState,
  readExecutable,
  readIpcNamespace,
  readStat,
  readUids,
  unitOfCgroup,
} from '../../../src/host/proc/proc-files.ts';

void t.test('the name in stat may contain any characters', async (t) => {
  const fields = '1 812 812 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 12345 1000 200 184';
  for (const name of ['httpd', 'a b', 'a) S 9 9 9', '(sd-pam)', ')\n(', '']) {
    t.strictSame(
      parseStat(`812 (${name}) S ${fields}`),
      { ppid: 1, pgrp: 812, session: 812, startedMs: 123450 },
      JSON.stringify(name),
    );
  }
});

void t.test('our own process is read correctly', async (t) => {
  t.ok(listPids().includes(process.pid));
  t.match(readStat(process.pid), { pid: process.pid, ppid: process.ppid });
  t.strictSame(new Set(readUids(process.pid)), new Set([process.getuid?.()]));
  t.strictSame(readExecutable(process.pid), { path: process.execPath, deleted: false });
  t.match(readIpcNamespace('self'), /^ipc:\[\d+\]$/);
  t.equal(readState(process.pid), 'running');
  t.equal(readState(4_194_305), 'gone');
});

void t.test('a thread without a program is classified by state and flags', async (t) => {
  // Lines of a real /proc: in a container no kernel thread can be seen.
  const cases = {
    '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0': 'kernel thread',
    '812 (httpd) S 1 812 812 0 -1 4194624 0 0 0 0 0 0 0 0 20 0 1 0 4 9 9': 'running',
    '812 (httpd) Z 1 812 812 0 -1 4228044 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0': 'ended',
    // PF_EXITING: its memory is being given back.
    '812 (httpd) R 1 812 812 0 -1 4194628 0 0 0 0 0 0 0 0 20 0 1 0 4 9 9': 'ended',
  };
  for (const [line, state] of Object.entries(cases)) t.equal(parseState(line), state, line);
});

void t.test('the unit is the outermost service or scope of the control group', async (t) => {
  const units = {
    '0::/system.slice/apache2.service\n': 'apache2.service',
    '0::/system.slice/system-apache2.slice/apache2@b.service\n': 'apache2@b.service',
    '0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n': 'user@1000.service',
    '0::/user.slice/user-0.slice/session-3.scope\n': 'session-3.scope',
    '9:name=systemd:/system.slice/httpd.service\n0::/\n': 'httpd.service',
    '9:name=systemd:/\n8:pids:/wrong.service\n0::/system.slice/httpd.service\n': 'httpd.service',
    '0::/system.slice/_tasks.service\n': 'tasks.service',
  };
  for (const [text, unit] of Object.entries(units))
    t.strictSame(unitOfCgroup(text), { known: true, value: unit });
  for (const text of ['', '0::/\n', '0::/../..\n', '0::/docker/abc\n', '8:pids:/a.service\n'])
    t.match(unitOfCgroup(text), { known: false }, text);
});
