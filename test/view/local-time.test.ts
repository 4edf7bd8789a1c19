import t from 'tap';
import { localTime } from '../../src/view/local-time.ts';

void t.test('a time is local and names its offset from UTC', async (t) => {
  const at = Date.UTC(2026, 2, 1, 3, 14, 15, 926);
  process.env['TZ'] = 'Asia/Kathmandu';
  t.equal(localTime(at), '2026-03-01 08:59:15+05:45');
  process.env['TZ'] = 'America/St_Johns';
  t.equal(localTime(at), '2026-02-28 23:44:15-03:30');
  process.env['TZ'] = 'UTC';
  t.equal(localTime(at), '2026-03-01 03:14:15+00:00');
});
