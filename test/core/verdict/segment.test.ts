import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { type Segment, detachedSegments, judgeSegment } from '../../../src/core/verdict/segment.ts';
import type { Snapshot } from '../../../src/core/verdict/snapshot.ts';
import type { Verdict } from '../../../src/core/verdict/verdict.ts';
import { snapshot } from './snapshot-builder.ts';

const segment: Segment = {
  id: 3,
  key: 0x63637069,
  size: 4096,
  cpid: 700,
  lpid: 701,
  attached: 0,
  uid: 33,
  cuid: 0,
};

void t.test(
  'a segment is an orphan only if nothing is attached and its creator and last user have exited',
  async (t) => {
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
      ['we cannot see', {}, { visibility: unknown('not root') }, 'unsure'],
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
  },
);

void t.test("segments of httpd's user with nothing attached are listed", async (t) => {
  const scene: Snapshot = {
    ...snapshot(),
    owner: known({ uid: 33, starterUid: 0 }),
    alivePids: new Set([1, 800]),
  };
  const verdicts = (over: Partial<Segment>, facts: Partial<Snapshot> = {}): Verdict[] | string => {
    const found = detachedSegments(known([{ ...segment, ...over }]), { ...scene, ...facts });
    return found.known ? found.value.map(({ verdict }) => verdict) : found.why;
  };
  t.strictSame(verdicts({}), ['orphan']);
  t.strictSame(verdicts({ cuid: 33 }), ['orphan'], 'made by itself');
  t.strictSame(verdicts({ cpid: 800 }), ['unsure']);
  t.strictSame(verdicts({}, { visibility: unknown('not root') }), ['unsure']);
  t.strictSame(verdicts({ uid: 0 }), [], 'a segment of root can be anybody’s');
  t.strictSame(verdicts({ uid: 48 }), []);
  t.strictSame(verdicts({ cuid: 48 }), []);
  t.strictSame(verdicts({ attached: 1 }), []);
  t.strictSame(verdicts({}, { owner: unknown('no httpd') }), 'no httpd', 'whose they are is not known');
  t.match(detachedSegments(unknown('no table'), scene), { known: false, why: 'no table' });
});
