import t from 'tap';
import {
  type DiskTrial,
  diskWant,
  parseDiskTrials,
} from '../../../../src/core/diagnosis/causes/disk-trial.ts';

const trial = (over: Partial<DiskTrial> = {}): DiskTrial => ({
  folder: '/var/log',
  real: '/var/log',
  freeBytes: 1,
  freeInodes: 2,
  error: null,
  ...over,
});

void t.test('what the probe printed is read line by line', async (t) => {
  const [one, other] = [trial(), trial({ folder: '/tmp', freeInodes: null, error: 'ENOSPC' })];
  const text = [one, other].map((line) => JSON.stringify(line)).join('\n');
  t.strictSame([...parseDiskTrials(`${text}\n`).values()], [one, other]);
  for (const cut of ['', '{', '{"folder":"/x"}', 'null', '[]', JSON.stringify({ ...one, error: 5 })])
    t.equal(parseDiskTrials(cut).size, 0, cut);
});

void t.test('why no block could be written', async (t) => {
  t.equal(diskWant(trial()), null);
  t.equal(diskWant(trial({ error: 'ENOSPC' })), 'full');
  t.equal(diskWant(trial({ error: 'ENOSPC', freeInodes: 0 })), 'inodes');
  t.equal(diskWant(trial({ error: 'EDQUOT' })), 'quota');
  t.equal(diskWant(trial({ error: 'EROFS' })), 'read-only');
  t.equal(diskWant(trial({ error: 'EOPNOTSUPP' })), null, 'a file system without O_TMPFILE');
});
