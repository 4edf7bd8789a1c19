import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import { type Segment, judgeSegment } from '../../src/core/segment.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { snapshot } from './snapshot-builder.ts';

const segment: Segment = { id: 3, key: 0x63637069, cpid: 700, lpid: 701, attached: 0, uid: 33, cuid: 0 };

void t.test('a segment goes only when nobody has it and nobody who made or used it lives', async (t) => {
  const cases: [string, Partial<Segment>, Partial<Snapshot>, Verdict][] = [
    ['detached, all dead', {}, {}, 'orphan'],
    ['of root, as the launcher leaves it', { uid: 0 }, {}, 'orphan'],
    ['attached', { attached: 1 }, {}, 'in-use'],
    ['its maker lives', { cpid: 800 }, {}, 'unsure'],
    ['its last user lives', { lpid: 800 }, {}, 'unsure'],
    ['its maker is out of sight', { cpid: 0 }, {}, 'unsure'],
    ['of another user', { uid: 48 }, {}, 'foreign'],
    ['made by another user', { cuid: 48 }, {}, 'foreign'],
    ['whose it would be is not known', {}, { owner: unknown('httpd -t failed') }, 'unsure'],
    ['we cannot see', {}, { view: unknown('not root') }, 'unsure'],
  ];
  for (const [what, over, facts, verdict] of cases) {
    const scene = {
      ...snapshot(),
      owner: known({ uid: 33, starterUid: 0 }),
      alivePids: new Set([1, 800]),
      ...facts,
    };
    t.equal(judgeSegment({ ...segment, ...over }, scene).verdict, verdict, what);
  }
});
