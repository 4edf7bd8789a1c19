import { spawn } from 'node:child_process';
import t from 'tap';
import type { JournalEntry } from '../../../src/core/logs/journal-entry.ts';
import { JournalFollower } from '../../../src/host/logs/follow-journal.ts';

const MIB = 1024 * 1024;

/** An entry as journalctl prints it. */
function entry(cursor: string, message = 'word'): string {
  return JSON.stringify({ __CURSOR: cursor, _SYSTEMD_UNIT: 'a.service', MESSAGE: message });
}

/** One journalctl: what it prints, and then goes on following or exits; or why it cannot be started. */
type Run = { prints: readonly string[]; exits?: boolean } | { fails: 'throws' | 'emits an error' };

interface World {
  runs: readonly Run[];
  /** The resident size at each question, in MiB; the last one for all that follow. */
  sizes?: readonly (number | null)[];
  onEntry?: (entry: JournalEntry, follower: JournalFollower) => void;
}

/** Follows these journalctls, until there is none left: the cursors at which they began, the entries, and the troubles. */
async function follow({ runs, sizes = [8], onEntry }: World) {
  const ending = new AbortController();
  const [cursors, entries, troubles]: [(string | undefined)[], string[], string[]] = [[], [], []];
  const left = [...runs];
  const leftSizes = [...sizes];
  const follower = new JournalFollower(
    {
      cursor: 'begin',
      units: ['a.service'],
      words: ['word'],
      onEntry: (one) => {
        entries.push(one.cursor);
        onEntry?.(one, follower);
      },
      onTrouble: (why) => troubles.push(why),
      signal: ending.signal,
    },
    {
      start: (args, signal) => {
        cursors.push(args.find((arg) => arg.startsWith('--cursor='))?.slice('--cursor='.length));
        const run = left.shift();
        if (run === undefined) ending.abort();
        else if ('fails' in run && run.fails === 'throws')
          throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });
        const stdio = ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'];
        if (run === undefined || 'fails' in run) return spawn(`${t.testdirName}/none`, [], { stdio, signal });
        const lines = run.prints.map((line) => `${line}\n`).join('');
        const script = `printf %s "$1"; ${run.exits === true ? 'exit 1' : 'exec sleep 60'}`;
        return spawn('sh', ['-c', script, 'sh', lines], { stdio, signal });
      },
      residentBytes: () => {
        const mib = (leftSizes.length > 1 ? leftSizes.shift() : leftSizes[0]) ?? null;
        return mib === null ? null : mib * MIB;
      },
      pause: () => Promise.resolve(),
    },
  );
  await follower.follow();
  return { cursors, entries, troubles: troubles.slice(0, -1) };
}

const replaceIfGrown = (_: JournalEntry, follower: JournalFollower): void => {
  if (follower.hasGrown()) follower.replace();
};

void t.test(
  'a journalctl that has grown is replaced: no entry is lost, and none is read twice',
  async (t) => {
    const seen = await follow({
      runs: [
        { prints: [entry('1'), entry('2'), entry('3')] },
        { prints: [entry('3'), entry('4')], exits: true },
        { prints: [entry('4'), entry('5')], exits: true },
      ],
      sizes: [8, 8, 11, 11, 11],
      onEntry: replaceIfGrown,
    });
    t.strictSame(seen.entries, ['1', '2', '3', '4', '5']);
    t.strictSame(seen.cursors, ['begin', '3', '4', '5']);
    t.strictSame(seen.troubles, ['journalctl ended (exit status 1)', 'journalctl ended (exit status 1)']);
  },
);

void t.test('it begins after the last entry that arrived, also if that does not match', async (t) => {
  const seen = await follow({
    runs: [{ prints: [entry('1'), entry('2', 'other'), '{}'] }],
    sizes: [8, 11],
    onEntry: replaceIfGrown,
  });
  t.strictSame(seen.cursors, ['begin', '2']);
});

void t.test('a replacement that cannot be started is retried at the same entry', async (t) => {
  const seen = await follow({
    runs: [
      { prints: [entry('1')] },
      { fails: 'throws' },
      { fails: 'emits an error' },
      { prints: [entry('1'), entry('2')], exits: true },
    ],
    sizes: [8, 11, 8],
    onEntry: replaceIfGrown,
  });
  t.strictSame(seen.entries, ['1', '2']);
  t.strictSame(seen.cursors, ['begin', '1', '1', '1', '2']);
  t.match(seen.troubles, [/cannot be run: .*ENOMEM/, /cannot be run: .*ENOENT/, /exit status 1/]);
});

void t.test('an entry that seems to be gone is given up after some attempts', async (t) => {
  const failing = Array.from({ length: 4 }, () => ({ prints: [], exits: true }));
  t.strictSame((await follow({ runs: failing })).cursors, ['begin', 'begin', 'begin', 'begin', undefined]);
});

void t.test('it has not grown', async (t) => {
  for (const [what, sizes] of [
    ['little', [8, 9.9]],
    ['to a size that cannot be read', [8, null]],
    ['from a size that could not be read', [null, 30]],
  ] as const) {
    let hasGrown = false;
    await follow({
      runs: [{ prints: [entry('1')], exits: true }],
      sizes,
      onEntry: (_, follower) => (hasGrown ||= follower.hasGrown()),
    });
    t.equal(hasGrown, false, what);
  }
});
