import t from 'tap';
import { type Fact, known } from '../../../src/core/fact.ts';
import { isMasterless } from '../../../src/core/diagnosis/masterless.ts';
import type { PidFile } from '../../../src/core/verdict/pid-file.ts';
import type { ProcessFacts } from '../../../src/core/verdict/process-facts.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import { unit } from '../../view/report/report-builder.ts';
import { master, orphanedWorker, snapshot } from '../verdict/snapshot-builder.ts';

const ITS = known(unit().name);
const stale: Fact<PidFile> = known({ path: '/run/apache2.pid', pid: 800, state: 'stale' });
const isIt = (over: object, pidFile: Fact<PidFile> | null, ...processes: ProcessFacts[]): boolean =>
  isMasterless(unit({ active: 'active', mainPid: 0, ...over }), pidFile, lineages(snapshot({ processes })));

void t.test('a unit without a main process of which only orphaned workers are left', async (t) => {
  const left = orphanedWorker({ unit: ITS });
  t.ok(isIt({}, stale, left));
  t.ok(isIt({}, null, left));
  t.notOk(isIt({}, stale), 'nothing is seen of it');
  t.notOk(isIt({}, stale, orphanedWorker({ unit: known('httpd@b.service') })), 'those of another unit');
  t.notOk(isIt({}, stale, left, master({ unit: ITS })), 'it was started again beside them');
  t.notOk(isIt({}, known({ path: '/run/apache2.pid', pid: 800, state: 'live' }), left));
  t.notOk(isIt({ mainPid: 800 }, stale, left), 'systemd watches the main process');
  t.notOk(isIt({ active: 'failed' }, stale, left), 'systemd noticed');
});
