import t from 'tap';
import { probeDisks } from '../../../src/host/files/disk-probe.ts';

void t.test('a folder takes a block, and keeps nothing', async (t) => {
  const folder = t.testdir({});
  const trials = await probeDisks([folder, '/proc', '/nowhere/at/all'], performance.now() + 10_000);
  t.match(trials.get(folder), { known: true, value: { error: null, freeBytes: Number } });
  t.match(trials.get('/proc'), { known: true, value: { error: String } });
  t.match(trials.get('/nowhere/at/all'), { known: true, value: { error: 'ENOENT' } });
});

void t.test('without time nothing is known', async (t) => {
  t.match((await probeDisks(['/tmp'], performance.now())).get('/tmp'), { known: false, why: /\/tmp/ });
});
