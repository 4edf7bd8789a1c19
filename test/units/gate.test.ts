import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type MutexOwner, type SemaphoreSet, mayBeMutexOf } from '../../src/core/verdict/semaphore-set.ts';
import { dropPrivileges } from '../../src/host/exec/drop-privileges.ts';
import { readSemaphoreSets } from '../../src/host/sysvipc/tables.ts';
import { set } from '../core/verdict/snapshot-builder.ts';

// The gate runs before Node does, so it knows the fingerprint of a mutex in awk. It must never differ from core's.

const GATE = new URL('../../units/gate', import.meta.url);
const PROGRAM =
  /\bawk -v uid="\$uid" -v uids="\$uids" -v cuid="\$cuid" '\n([^']+)' \/proc\/sysvipc\/sem /.exec(
    readFileSync(GATE, 'utf8'),
  )?.[1];

/** Exit statuses of the gate's awk. */
const NO_CANDIDATE = 0;
const CANDIDATE = 10;
const ODD = 11;

/** Those that are installed here; Debian's default, RHEL's, Alpine's. */
const AWKS = [['mawk'], ['gawk'], ['gawk', '--posix'], ['busybox', 'awk'], ['original-awk']].filter(
  ([file = '', ...args]) => spawnSync(file, [...args, 'BEGIN { exit 42 }']).status === 42,
);

const NEEDS_ROOT = process.geteuid?.() === 0 ? false : 'only root has privileges to lose';

const HEADER = '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n';

/** One line as the kernel prints it (kernel: ipc/sem.c, sysvipc_sem_proc_show). */
function line({ key, id, mode, nsems, uid, gid, cuid, cgid, otime, ctime }: SemaphoreSet): string {
  const padded = (value: number, width: number): string => String(value).padStart(width);
  const owners = [uid, gid, cuid, cgid].map((one) => padded(one, 5)).join(' ');
  return `${padded(key, 10)} ${padded(id, 10)}  ${mode.toString(8).padStart(4)} ${padded(nsems, 10)} ${owners} ${padded(otime, 10)} ${padded(ctime, 10)}\n`;
}

/** What each awk says of a table, by the name of the awk. */
function gateSays(table: string, owner: MutexOwner, uids = ''): Map<string, number | null> {
  const variables = ['-v', `uid=${owner.uid}`, '-v', `uids=${uids}`, '-v', `cuid=${owner.starterUid}`];
  return new Map(
    AWKS.map(([file = '', ...args]) => [
      [file, ...args].join(' '),
      spawnSync(file, [...args, ...variables, PROGRAM ?? ''], { input: table }).status,
    ]),
  );
}

void t.test('the awk program is found in the gate, and at least one awk to run it', async (t) => {
  t.type(PROGRAM, 'string');
  t.ok(AWKS.length > 0);
  t.comment(`awk: ${AWKS.map((words) => words.join(' ')).join(', ')}`);
});

/** The gate and core get the same text. */
async function agree(t: Test, sets: readonly SemaphoreSet[], owner: MutexOwner): Promise<void> {
  const table = HEADER + sets.map(line).join('');
  const path = join(t.testdir(), 'sem');
  writeFileSync(path, table);
  const read = await readSemaphoreSets(undefined, path);
  if (!read.known) throw new Error(read.why);
  const expected = read.value.some((one) => mayBeMutexOf(one, owner)) ? CANDIDATE : NO_CANDIDATE;
  for (const [awk, status] of gateSays(table, owner)) t.equal(status, expected, awk, { table });
}

const OWNER = { uid: 33, starterUid: 0 };

void t.test('the gate and core agree on each part of the fingerprint', async (t) => {
  const tables: Partial<SemaphoreSet>[][] = [
    [],
    [{}],
    [{ id: 0 }],
    [{ key: 0x63637069 }],
    // The key column may print signed.
    [{ key: -1 }],
    [{ key: -2_147_483_648 }],
    [{ nsems: 3 }],
    [{ mode: 0o666 }],
    [{ mode: 0o1600 }],
    [{ mode: 0 }],
    [{ mode: 0o60 }],
    [{ uid: 34 }],
    [{ uid: 0 }],
    [{ uid: 330 }],
    [{ uid: 4_294_967_295 }],
    [{ cuid: 33 }],
    [{ gid: 9, cgid: 9, otime: 7, ctime: 0 }],
    [{ nsems: 3 }, { key: 5 }, {}],
    [{ nsems: 3 }, { key: 5 }],
  ];
  for (const sets of tables) await agree(t, sets.map(set), OWNER);
  await agree(t, [set({ uid: 1000, cuid: 1000 })], { uid: 1000, starterUid: 1000 });
  await agree(t, [set({ uid: 4_294_967_295 })], { uid: 4_294_967_295, starterUid: 0 });
});

/** The same numbers for the same seed (a linear congruential generator; Numerical Recipes). */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

void t.test('the gate and core agree on random tables', async (t) => {
  const seed = Date.now() % 2 ** 32;
  t.comment(`seed ${seed}`);
  const below = random(seed);
  const one = (of: readonly number[]): number => of[below(of.length)] ?? 0;
  const mostly = (usual: number, others: readonly number[]): number => (below(4) > 0 ? usual : one(others));
  let candidates = 0;
  for (let table = 0; table < 150; table++) {
    const sets = Array.from({ length: below(5) }, () =>
      set({
        id: below(2 ** 31),
        key: mostly(0, [1, -1, 0x63637069, -2_147_483_648, 600]),
        mode: mostly(0o600, [0, 0o60, 0o660, 0o666, 0o1600, 0o6000]),
        nsems: mostly(1, [0, 2, 3, 10, 250]),
        uid: mostly(33, [0, 3, 34, 333, 65_534]),
        cuid: mostly(0, [33, 1, 1000]),
        otime: below(2 ** 31),
        ctime: below(2 ** 31),
      }),
    );
    if (sets.some((each) => mayBeMutexOf(each, OWNER))) candidates++;
    await agree(t, sets, OWNER);
  }
  t.ok(candidates > 10 && candidates < 140, `${candidates} of 150 tables have a candidate`);
});

void t.test('sets of other users that httpd was seen to use are candidates', async (t) => {
  for (const [uid, uids, status] of [
    [1001, ' 33 1001 1002 ', CANDIDATE],
    [1001, ' 1001 ', CANDIDATE],
    [1001, ' 33   1001 ', CANDIDATE],
    [100, ' 33 1001 ', NO_CANDIDATE],
    [1, ' 33 1001 ', NO_CANDIDATE],
    [1001, '', NO_CANDIDATE],
    [33, '', CANDIDATE],
  ] as const)
    for (const [awk, said] of gateSays(HEADER + line(set({ uid })), OWNER, uids))
      t.equal(said, status, `${awk}: ${uid} of "${uids}"`);
  for (const other of [{ cuid: 1001 }, { nsems: 2 }, { mode: 0o666 }, { key: 1 }])
    for (const [awk, said] of gateSays(HEADER + line(set({ uid: 1001, ...other })), OWNER, ' 1001 '))
      t.equal(said, NO_CANDIDATE, awk);
});

const READ_UIDS = /\nuids=\n(for [^]*?\ndone)\n/.exec(readFileSync(GATE, 'utf8'))?.[1] ?? '';

void t.test('the gate reads the owner uids of the register, whatever is in its place', async (t) => {
  const state = t.testdir({ run: {} });
  const read = READ_UIDS.replace('/run/httpd-guard', '"$run"');
  t.not(read, READ_UIDS);
  const script = `uids=; ${read}; printf %s "$uids"`;
  const uids = (): string => {
    const env = { ...process.env, state, run: `${state}/run` };
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env });
    t.equal(stderr, '');
    return stdout;
  };
  t.equal(uids(), '', 'none');
  for (const [text, expected] of [
    ['httpd-guard register 1\nuids 33 1001\njson {}\nend\n', ' 33 1001 '],
    ['httpd-guard register 1\nuids \njson {}\nend\n', '  '],
    ['', ''],
    ['httpd-guard register 1\n', ''],
    ['httpd-guard register 1\njson {"uids":7}\n', ''],
    ['\u0000\u0000', ''],
  ] as const) {
    writeFileSync(`${state}/register`, text);
    t.equal(uids(), expected, JSON.stringify(text));
  }
  writeFileSync(`${state}/run/register`, 'httpd-guard register 1\nuids 48\njson {}\nend\n');
  t.equal(uids(), ' 48 ', 'the one in /run as well');
});

void t.test('perl loses the same privileges as one that Node starts', { skip: NEEDS_ROOT }, async (t) => {
  const command = / (setpriv [^]*?) perl /.exec(readFileSync(GATE, 'utf8'))?.[1] ?? '';
  const words = command.replace(/\\\n/g, '').split(/ +/);
  t.strictSame(
    words.map((word) => word.replace('"$1"', '48')),
    dropPrivileges(48),
  );
});

void t.test('a table in another form: Node is started to check it', async (t) => {
  const candidate = line(set());
  const others = [
    '',
    candidate,
    HEADER.replace('perms', 'modes'),
    HEADER.replace(' cuid', '  foo') + candidate,
  ];
  for (const table of others)
    for (const [awk, status] of gateSays(table, OWNER)) t.equal(status, ODD, awk, { table });
});
