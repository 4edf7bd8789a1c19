import t from 'tap';
import { type Fact, known, unknown } from '../../../src/core/fact.ts';
import type { UnitState } from '../../../src/core/recovery/reason-to-look.ts';
import type { Systemd } from '../../../src/host/systemd/systemd.ts';
import { followUnits } from '../../../src/workflows/recovery/follow-units.ts';
import { FakeClock } from '../../fake-clock.ts';

const UP: UnitState = { active: 'active', invocationId: 'one', result: 'success', restart: 'no' };

/** Follows a.service; `next` is the bus that each connection meets. */
function follow(next: () => Fact<Pick<Systemd, 'follow' | 'disconnect'>>) {
  const clock = new FakeClock();
  const ending = new AbortController();
  const connectedMs: number[] = [];
  const events: string[] = [];
  const ended = followUnits(
    {
      clock,
      connect: async () => {
        connectedMs.push(clock.steadyMs());
        return next();
      },
    },
    ['a.service'],
    (name, { active }) => void events.push(`${name} ${active}`),
    (why) => void events.push(why),
    ending.signal,
  );
  return { clock, ending, connectedMs, events, ended };
}

void t.test('without a bus it reconnects with back-off and reports that once', async (t) => {
  const { clock, connectedMs, events, ending, ended } = follow(() => unknown('no bus'));
  await clock.advance(40_000);
  t.strictSame(connectedMs, [0, 200, 1_200, 6_200, 21_200, 36_200]);
  t.strictSame(events, ['no bus']);
  ending.abort();
  await ended;
  t.equal(clock.waiting, 0, 'it ends at once when told to, also in a wait');
});

void t.test('after a lost bus is back its units are followed; each loss is reported', async (t) => {
  let lose = (): void => undefined;
  let disconnects = 0;
  let isThere = true;
  const { clock, events, ending, ended } = follow(() =>
    !isThere
      ? unknown('no bus')
      : known({
          follow: (names, onState, signal) =>
            new Promise((resolve) => {
              for (const name of names) onState(name, UP);
              lose = () => {
                resolve('the connection to the system bus was lost');
              };
              signal.addEventListener('abort', lose);
            }),
          disconnect: () => {
            disconnects++;
          },
        }),
  );
  await clock.advance(60_000);
  t.equal(clock.waiting, 0, 'no wake-up while the bus is there');
  isThere = false;
  lose();
  await clock.advance(2_000);
  isThere = true;
  await clock.advance(10_000);
  t.strictSame(events, ['a.service active', 'the connection to the system bus was lost', 'a.service active']);
  lose();
  await clock.advance(300);
  t.strictSame(events.slice(3), ['the connection to the system bus was lost', 'a.service active']);
  ending.abort();
  await ended;
  t.equal(disconnects, 3, 'each connection is closed');
});
