import t from 'tap';
import { blockingServers as among } from '../../../src/core/diagnosis/blocking-servers.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import type { Snapshot } from '../../../src/core/verdict/snapshot.ts';
import {
  BEGAN_AGO_S,
  NOW_S,
  UNIT,
  master,
  orphanedWorker,
  set,
  snapshot,
} from '../verdict/snapshot-builder.ts';

const keepers = (whole: Snapshot, unit: string, needed: number) =>
  among(whole, lineages(whole), unit, needed);
const young = (id: number) => set({ id, ctime: NOW_S - BEGAN_AGO_S + 60 });
const old = set({ id: 99 });

void t.test('an older server that could know more sets than it needs is a blocking server', async (t) => {
  const sets = [young(1), young(2), young(3), young(4), old];
  const full = snapshot({ sets, processes: [master()] });
  t.strictSame(keepers(full, 'apache2@b.service', 3), [{ unit: UNIT, sets: 4 }]);
  t.strictSame(keepers(full, 'apache2@b.service', 4), [], 'all may be its own');
  t.strictSame(keepers(full, UNIT, 3), [], 'itself');
  t.strictSame(keepers(snapshot({ sets, processes: [orphanedWorker()] }), 'b.service', 3), []);
});
