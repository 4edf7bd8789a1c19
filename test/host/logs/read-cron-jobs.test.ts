import { symlinkSync } from 'node:fs';
import t from 'tap';
import { readCronJobs } from '../../../src/host/logs/read-cron-jobs.ts';

void t.test('crontabs and scripts, but no links and no large files', async (t) => {
  const base = t.testdir({
    crontab: '0 1 * * * root ipcrm -a\n',
    'cron.d': { other: '0 1 * * * root true\n', removes: 'ipcrm -s 5\n' },
    large: `ipcrm${' '.repeat(300_000)}\n`,
    folder: {},
  });
  symlinkSync(`${base}/crontab`, `${base}/cron.d/link`);
  const places = ['crontab', 'cron.d', 'missing', 'large', 'folder'].map((name) => `${base}/${name}`);
  t.strictSame(
    readCronJobs(places).map(({ source }) => source),
    [`${base}/crontab`, `${base}/cron.d/removes`],
  );
  t.ok(Array.isArray(readCronJobs()), 'of this machine');
});
