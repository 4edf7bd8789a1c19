import { mkdirSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { Fact } from '../../../src/core/fact.ts';
import type { SemaphoreSet } from '../../../src/core/verdict/semaphore-set.ts';
import { readSegments, readSemaphoreLimits, readSemaphoreSets } from '../../../src/host/sysvipc/tables.ts';

const HEADER = '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime';
const LINE = '         0          7   600          1    33    33     0     0          0 1795216675';

let files = 0;
function readText(t: Test, text: string): Promise<Fact<SemaphoreSet[]>> {
  const path = `${t.testdirName}-${files++}`;
  mkdirSync(path, { recursive: true });
  writeFileSync(`${path}/sem`, text);
  return readSemaphoreSets(undefined, `${path}/sem`);
}

void t.test('a line is parsed field by field', async (t) => {
  t.strictSame(await readText(t, `${HEADER}\n${LINE}\n`), {
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

void t.test('an empty table is a known fact', async (t) => {
  t.strictSame(await readText(t, `${HEADER}\n`), { known: true, value: [] });
});

void t.test('keys may be signed or unsigned; modes are octal', async (t) => {
  for (const key of ['-559038737', '3735928559']) {
    const sets = await readText(t, `${HEADER}\n${LINE.replace(/^ +0/, key).replace('600', '644')}\n`);
    t.match(sets, { value: [{ key: -559038737, mode: 0o644 }] }, key);
  }
});

void t.test('a table of many chunks is complete, and each set is passed on once', async (t) => {
  const text = [
    HEADER,
    ...Array.from({ length: 5_000 }, (_, id) => LINE.replace('         7', String(id).padStart(10))),
    '',
  ].join('\n');
  const path = `${t.testdir({ sem: text })}/sem`;
  const told: number[] = [];
  const sets = await readSemaphoreSets((some) => told.push(...some.map(({ id }) => id)), path);
  t.equal(sets.known && sets.value.length, 5_000);
  t.strictSame(
    told,
    Array.from({ length: 5_000 }, (_, id) => id),
  );
});

void t.test('a line of unknown form makes the whole table unknown', async (t) => {
  const bad = [
    '',
    'something else',
    `${HEADER} more\n${LINE}\n`,
    `${HEADER}\n${LINE} 9\n`,
    `${HEADER}\n${LINE.slice(0, 40)}`,
    `${HEADER}\n${LINE.slice(0, 40)}\n`,
    `${HEADER}\n${LINE}`,
    `${HEADER}\n${LINE.replace('33', 'xx')}\n`,
    `${HEADER}\n${LINE.replace('33', '3-')}\n`,
    `${HEADER}\n-\n`,
  ];
  for (const text of bad)
    t.match(await readText(t, text), { known: false, why: /sem / }, JSON.stringify(text));
});

void t.test("the machine's table and limits are readable", async (t) => {
  t.match(await readSemaphoreSets(), { known: true });
  t.match(readSemaphoreLimits(), { known: true, value: { maxSets: Number, maxSemaphores: Number } });
  t.match(await readSemaphoreSets(undefined, '/proc/nowhere'), { known: false, why: /ENOENT/ });
  t.match(readSemaphoreLimits('/proc/version'), { known: false, why: /four numbers/ });
});

void t.test('shared memory segments are parsed', async (t) => {
  const header =
    '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap';
  const line =
    '1667461225          3   600                  4096   700   701      0    33    33     0     0 1795216675 1795216676 1795216674                  4096                     0';
  const directory = t.testdir({ shm: `${header}\n${line}\n`, other: `${HEADER}\n` });
  t.strictSame(await readSegments(`${directory}/shm`), {
    known: true,
    value: [{ id: 3, key: 0x63637069, size: 4096, cpid: 700, lpid: 701, attached: 0, uid: 33, cuid: 0 }],
  });
  t.match(await readSegments(`${directory}/other`), { known: false, why: /header/ });
  t.match(await readSegments(), { known: true });
});
