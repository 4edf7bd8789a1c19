import t from 'tap';
import type { ActiveState } from '../../../src/core/units/active-state.ts';
import { type Fact, known, unknown } from '../../../src/core/fact.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import { findOutsider, outsiderOnPort, serviceOf } from '../../../src/core/diagnosis/outsider.ts';
import type { PidFile } from '../../../src/core/verdict/pid-file.ts';
import type { ProcessFacts } from '../../../src/core/verdict/process-facts.ts';
import { unit } from '../../view/report/report-builder.ts';
import { master, snapshot } from '../verdict/snapshot-builder.ts';

const PATH = '/run/apache2.pid';
const names = (state: PidFile['state'], pid = 800): Fact<PidFile> => known({ path: PATH, pid, state });
const find = (process: ProcessFacts, active: ActiveState, pidFile: Fact<PidFile> | null) => {
  const scene = snapshot({ processes: [process] });
  return findOutsider(unit({ active }), pidFile, scene.processes, lineages(scene));
};

void t.test('the running httpd that the pid file names, if it was started outside the unit', async (t) => {
  const { name } = unit();
  const byHand = master({ unit: known('session-3.scope') });
  t.match(find(byHand, 'inactive', names('live')), { pid: 800, unit: 'session-3.scope', pidFile: PATH });
  t.match(find(byHand, 'failed', names('live')), { pid: 800 });
  t.match(find(master({ unit: unknown('none') }), 'deactivating', names('live')), { pid: 800, unit: null });
  t.equal(find(byHand, 'inactive', names('stale')), null);
  t.equal(find(byHand, 'inactive', names('foreign')), null);
  t.equal(find(byHand, 'inactive', unknown('closed')), null);
  const its = master({ unit: known(name) });
  t.equal(find(its, 'active', names('live')), null);
  t.equal(find(its, 'deactivating', names('live')), null, 'its own end is looked at');
  t.match(find(its, 'failed', names('live')), { pid: 800 }, 'left behind by a unit that stopped without it');
});

void t.test('without a known pid file any master outside of services may be named in it', async (t) => {
  t.match(find(master({ unit: known('session-3.scope') }), 'inactive', null), { pid: 800, pidFile: null });
  t.match(find(master({ unit: known('user@0.service') }), 'inactive', null), { pid: 800 });
  t.equal(find(master({ unit: known('httpd@b.service') }), 'inactive', null), null);
});

void t.test('one that holds a port of the unit and has another pid file', async (t) => {
  const onPort = (process: ProcessFacts, pid: number | null) =>
    outsiderOnPort(lineages(snapshot({ processes: [process] })), [
      { port: 80, pid, startedMs: 1, program: null, unit: null },
    ]);
  const byHand = master({ unit: known('session-3.scope') });
  t.match(onPort(byHand, 800), { pid: 800, unit: 'session-3.scope', pidFile: null });
  t.equal(onPort(byHand, 801), null, 'another program holds it');
  t.equal(onPort(byHand, null), null, 'a hidden process holds it');
  t.equal(onPort(master({ unit: known('httpd@b.service') }), 800), null, 'the httpd of another unit');
});

void t.test('the service that runs it', async (t) => {
  const of = (unit: string | null): string | null => serviceOf({ pid: 8, path: null, unit, pidFile: PATH });
  t.equal(of('httpd@b.service'), 'httpd@b.service');
  for (const unit of [null, 'session-3.scope', 'user@0.service']) t.equal(of(unit), null);
});
