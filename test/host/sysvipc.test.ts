import t from 'tap';
import { parseSemaphoreSets, readSemaphoreLimits, readSemaphoreSets } from '../../src/host/sysvipc.ts';

const HEADER = '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime';
const LINE = '         0          7   600          1    33    33     0     0          0 1795216675';

void t.test('a line is read field by field', async (t) => {
  t.strictSame(parseSemaphoreSets(`${HEADER}\n${LINE}\n`), {
    known: true,
    value: [
      {
        id: 7,
        key: 0,
        mode: 0o600,
        nsems: 1,
        uid: 33,
        gid: 33,
        cuid: 0,
        cgid: 0,
        otime: 0,
        ctime: 1795216675,
      },
    ],
  });
});

void t.test('an empty table is known to be empty', async (t) => {
  t.strictSame(parseSemaphoreSets(`${HEADER}\n`), { known: true, value: [] });
});

void t.test('keys may be signed, or unsigned of 32 bits', async (t) => {
  for (const key of ['-559038737', '3735928559']) {
    const sets = parseSemaphoreSets(`${HEADER}\n${LINE.replace(/^ +0/, key)}\n`);
    t.equal(sets.known && sets.value[0]?.key, -559038737, key);
  }
});

void t.test('a set shown twice is one set', async (t) => {
  const sets = parseSemaphoreSets(`${HEADER}\n${LINE}\n${LINE}\n`);
  t.equal(sets.known && sets.value.length, 1);
});

void t.test('what is not understood makes the whole table unknown', async (t) => {
  const bad = [
    '',
    'something else',
    `${HEADER} more\n${LINE}`,
    `${HEADER}\n${LINE} 9\n`,
    `${HEADER}\n${LINE.slice(0, 40)}`,
    `${HEADER}\n${LINE.replace('33', 'xx')}`,
  ];
  for (const text of bad)
    t.match(parseSemaphoreSets(text), { known: false, why: /\/proc\/sysvipc\/sem/ }, JSON.stringify(text));
});

void t.test('the machine’s own table and limits are readable', async (t) => {
  t.match(readSemaphoreSets(), { known: true });
  t.match(readSemaphoreLimits(), { known: true, value: { maxSets: Number, maxSemaphores: Number } });
  t.match(readSemaphoreSets('/proc/nowhere'), { known: false, why: /ENOENT/ });
  t.match(readSemaphoreLimits('/proc/version'), { known: false, why: /four numbers/ });
});
