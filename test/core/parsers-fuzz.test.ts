import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse as parseToml } from 'smol-toml';
import { startsHttpd } from '../../src/core/httpd/identity.ts';
import { parseEnvironment } from '../../src/core/httpd/launch.ts';
import { parseSettings } from '../../src/core/httpd/settings.ts';
import { parseKernelSem } from '../../src/core/limits/kernel-sem.ts';
import { assignedSem, foreignLine } from '../../src/core/limits/sysctl.ts';
import { parseHistoryEntry } from '../../src/core/logs/history-entry.ts';
import { parseJournalEntry } from '../../src/core/logs/journal-entry.ts';
import { splitLine } from '../../src/core/logs/line-parts.ts';
import { matchesOf } from '../../src/core/logs/match-line.ts';
import { parseRunMessage } from '../../src/core/logs/run-message.ts';
import { parseAttempts } from '../../src/core/recovery/attempts.ts';
import { parseRegister } from '../../src/core/register/register-text.ts';
import { parseAuxv } from '../../src/host/proc/auxv.ts';
import { hasInterpreter } from '../../src/host/proc/elf.ts';
import { parseListening } from '../../src/host/proc/listening.ts';
import { typeOfDevice } from '../../src/host/proc/local-files.ts';
import { parseMaps } from '../../src/host/proc/mapped-files.ts';
import { parseStat, parseState, unitOfCgroup } from '../../src/host/proc/proc-files.ts';
import { isOurs, programsOf, textfileOf } from '../../src/host/systemd/unit-files.ts';
import { parseIpcs } from '../../src/host/sysvipc/inspect-by-ipcs.ts';
import { NumberLines } from '../../src/host/sysvipc/number-lines.ts';
import { Random } from './verdict/random.ts';

/** Inputs for each parser; HTTPD_GUARD_FUZZ=100000 for a long run. */
const INPUTS = Number(process.env['HTTPD_GUARD_FUZZ'] ?? 2_000);
const MOST_MS = 50;

const SEM = `       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime
         0          3   600          1    33    33     0     0 1764350000 1764350000
-559038737      65540   660          3  1000  1000  1000  1000          0 1764340000
`;

/** A seed of each foreign text, as the real thing writes it. */
const PARSERS: Record<string, [string, (text: string) => unknown]> = {
  '/proc/PID/stat': [
    readFileSync('/proc/self/stat', 'latin1'),
    (text) => [parseStat(text), parseState(text)],
  ],
  '/proc/PID/cgroup': [
    '0::/system.slice/apache2.service\n1:name=systemd:/user.slice/session-1.scope\n',
    unitOfCgroup,
  ],
  '/proc/PID/maps': [
    readFileSync('/proc/self/maps', 'latin1').slice(0, 3_000),
    (text) => parseMaps(text, 'all'),
  ],
  '/proc/PID/mountinfo': [
    readFileSync('/proc/self/mountinfo', 'latin1').slice(0, 2_000),
    (text) => typeOfDevice(text, '0:21'),
  ],
  '/proc/PID/auxv': [
    readFileSync('/proc/self/auxv', 'latin1'),
    (text) => parseAuxv(Buffer.from(text, 'latin1')),
  ],
  '/proc/net/tcp': [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1\n',
    parseListening,
  ],
  '/proc/sysvipc/sem': [SEM, readSets],
  '/proc/sys/kernel/sem': ['32000\t1024000000\t500\t32000\n', parseKernelSem],
  'an ELF header': [
    readFileSync(process.execPath).toString('latin1', 0, 1_024),
    (text) => hasInterpreter(Buffer.from(text, 'latin1')),
  ],
  'ipcs -s -i': [
    '\nSemaphore Array semid=3\nuid=33\n\nsemnum     value      ncount     zcount     pid       \n0          1          0          0          812       \n',
    parseIpcs,
  ],
  'httpd -t -D DUMP_RUN_CFG': [
    'ServerRoot: "/etc/apache2"\nMain ErrorLog: "/var/log/apache2/error.log"\nMutex default: dir="/run/" mechanism=default\nMutex ssl-cache: using_defaults\nPidFile: "/run/a.pid"\nUser: name="www-data" id=33\nGroup: name="www-data" id=33\n',
    (text) => parseSettings(text, 'Server version: Apache/2.4.68\n -D APR_USE_SYSVSEM_SERIALIZE\n', null),
  ],
  'httpd -V': [
    'Server version: Apache/2.4.68 (Debian)\n -D APR_USE_SYSVSEM_SERIALIZE\n -D HTTPD_ROOT="/etc/apache2"\n',
    (text) => parseSettings('User: name="www-data" id=33\n', text, null),
  ],
  'journalctl -o json': [
    JSON.stringify({
      __CURSOR: 's=1',
      MESSAGE: 'apache2.service: Failed with result',
      UNIT: 'apache2.service',
      _PID: '1',
      MESSAGE_ID: 'e72fd98e7e3a4d33a272965867eb60b7',
      __REALTIME_TIMESTAMP: '1764350000000000',
    }),
    (text) => [parseJournalEntry(text), parseHistoryEntry(text), parseRunMessage(text)],
  ],
  'an error log': [
    "[Sat Nov 21 03:14:15.926535 2026] [core:emerg] [pid 1:tid 2] (28)No space left on device: [client 192.0.2.1:5] AH00023: Couldn't create the mpm-accept mutex (file /run/x)",
    (text) => [splitLine(text.slice(0, 4_096)), matchesOf(text)],
  ],
  'a unit file': [
    '# Written by "httpd-guard install"\n[Service]\nExecStart=-/bin/sh /usr/lib/httpd-guard/gate /usr/bin/node %n --output /x/y.prom\n',
    (text) => [startsHttpd(text), isOurs(text), programsOf(text), textfileOf(text)],
  ],
  'an environment file': [
    'APACHE_RUN_USER=www-data\nexport X="a b"\n# c\nLANG=C\n',
    (text) => parseEnvironment(text.split('\n')),
  ],
  'a sysctl file': [
    '# x\nkernel.sem = 250 32000 32 128\n-kernel/sem=1 2 3 4\n; y\n',
    (text) => [assignedSem(text), foreignLine(text)],
  ],
  'a state file of recoveries': [
    '{"triesMs":[1764350000000,1764350005000],"gaveUp":false}',
    (text) => parseAttempts([{ text, writtenMs: 5 }], 10),
  ],
  'the register': [
    'httpd-guard register 1\nuids 33\njson {"bootId":"b","ipcNamespace":"i","lookedMs":1,"runs":[],"sets":[]}\nend\n',
    (text) => parseRegister(text, { bootId: 'b', ipcNamespace: 'i' }, 10),
  ],
  'a configuration': [
    'unit = "apache2"\n[recover]\nsettle = 2.5\nreap = "never"\n[check]\nwarn = 80\n',
    parsedToml,
  ],
};

/** A library with errors of its own, which its caller handles. */
function parsedToml(text: string): unknown {
  try {
    return parseToml(text);
  } catch {
    return null;
  }
}

/** Whatever is read is in the text, line for line: no set is made up. */
function readSets(text: string): null {
  const body = text.slice(text.indexOf('\n') + 1);
  const rows = new Set(body.split('\n').map((line) => line.trim().split(/ +/).map(Number).join()));
  const lines = new NumberLines(10, (numbers) => {
    if (!rows.has(numbers.join())) throw new Error(`a set that is not in the table: ${numbers.join()}`);
  });
  const bytes = Buffer.from(body, 'latin1');
  const middle = bytes.length >> 1;
  if (lines.read(bytes.subarray(0, middle))) lines.read(bytes.subarray(middle));
  return null;
}

const PIECES = [
  '',
  '\0',
  '\n',
  '\r',
  ' ',
  '\t',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  '-',
  '=',
  ':',
  ')',
  '(',
  '/',
  '..',
  '%',
  '\u00ff',
  '4294967296',
  '-1',
  '9'.repeat(400),
  'NaN',
  'null',
  '(28)',
  'a'.repeat(5_000),
  ' '.repeat(5_000),
] as const;

function mutate(seed: string, random: Random): string {
  let text = seed;
  for (let times = random.from(1, 6); times > 0; times--) {
    const at = random.from(0, text.length);
    const to = random.from(at, Math.min(text.length, at + random.pick([1, 4, 40, 400])));
    const piece = random.chance(0.3)
      ? text.slice(at, to).repeat(random.from(2, 20))
      : random.chance(0.2)
        ? String.fromCharCode(random.from(0, 255))
        : random.pick(PIECES);
    text = (text.slice(0, at) + piece + text.slice(to)).slice(0, 100_000);
  }
  return text;
}

function tookMs(action: () => unknown): number {
  const beganMs = performance.now();
  action();
  return performance.now() - beganMs;
}

for (const [name, [seed, parse]] of Object.entries(PARSERS))
  void t.test(`${name}: no error, no long time, whatever is in it`, async (t) => {
    const random = new Random(name.length * 7_919);
    let longestMs = 0;
    parse(seed);
    for (let i = 0; i < INPUTS; i++) {
      const text = mutate(seed, random);
      try {
        let ms = tookMs(() => parse(text));
        // The machine may have been busy.
        for (let again = 0; ms > MOST_MS && again < 3; again++)
          ms = Math.min(
            ms,
            tookMs(() => parse(text)),
          );
        longestMs = Math.max(longestMs, ms);
      } catch (error) {
        t.fail(`input ${i}: ${String(error)}: ${JSON.stringify(text.slice(0, 500))}`);
        return;
      }
    }
    t.comment(`${INPUTS} inputs, the longest took ${longestMs.toFixed(1)} ms`);
    t.ok(longestMs <= MOST_MS, `${longestMs} ms`);
  });
