import t from 'tap';
import { zoneOffsetMs } from '../../../src/core/logs/zone-offset.ts';

const HOUR = 3_600_000;
const WINTER = Date.UTC(2026, 10, 21, 5, 20, 58, 123);
const SUMMER = Date.UTC(2026, 6, 21, 5, 20, 58);

void t.test('a zone by its name, in winter and summer', async (t) => {
  t.equal(zoneOffsetMs('America/Los_Angeles', WINTER), -8 * HOUR);
  t.equal(zoneOffsetMs('America/Los_Angeles', SUMMER), -7 * HOUR);
  t.equal(zoneOffsetMs(':Asia/Kolkata', WINTER), 5.5 * HOUR);
  t.equal(zoneOffsetMs('UTC', WINTER), 0);
});

void t.test('else the zone of this process', async (t) => {
  const own = -new Date(WINTER).getTimezoneOffset() * 60_000;
  t.equal(zoneOffsetMs(null, WINTER), own);
  t.equal(zoneOffsetMs('PST8PDT,M3.2.0,M11.1.0', WINTER), own);
  t.equal(zoneOffsetMs('/etc/localtime', WINTER), own);
});
