import t from 'tap';
import { reportNagios } from '../../src/view/report-nagios.ts';
import { unknown } from '../../src/core/fact.ts';
import { healthy, report, sick, unprivileged, unseen } from './report-builder.ts';

void t.test('one line: status, reason, figures', async (t) => {
  t.equal(
    reportNagios(sick()),
    'HTTPD-GUARD CRITICAL - 11 of 11 sets in use (100 %): apache2.service is down, and cannot get one | sets=11;;;0;11 semaphores=27;;;0;100 orphans=10;;;0\n',
  );
  t.equal(
    reportNagios(healthy()),
    'HTTPD-GUARD OK - 1 of 128 semaphore sets in use | sets=1;;;0;128 semaphores=1;;;0;100 orphans=0;;;0\n',
  );
  t.match(reportNagios(unprivileged()), /^HTTPD-GUARD OK - other users’ .* \| sets=1;;;0;128 /);
  t.match(reportNagios(report({})), /^HTTPD-GUARD WARNING - 1 set left by a dead httpd: .* orphans=1;;;0\n$/);
});

void t.test('figures that could not be read are left out', async (t) => {
  t.equal(reportNagios(unseen()), 'HTTPD-GUARD UNKNOWN - /proc/sysvipc/sem cannot be read: EACCES\n');
  t.notMatch(reportNagios(unprivileged()), 'orphans');
  t.notMatch(reportNagios(report({ owner: unknown('not asked') })), 'orphans');
});

void t.test('a reason can neither begin the figures nor another line', async (t) => {
  const nasty = report({ sets: [] }, { missing: ['a|b\nOK | sets=0 \u001b[0m'] });
  t.equal(
    reportNagios(nasty),
    'HTTPD-GUARD OK - a/b\\x0aOK / sets=0 \\x1b[0m | sets=0;;;0;128 semaphores=0;;;0;32000 orphans=0;;;0\n',
  );
});
