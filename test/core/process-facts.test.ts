import t from 'tap';
import { isHttpdName } from '../../src/core/process-facts.ts';

void t.test('names that httpd is shipped under', async (t) => {
  for (const name of [
    'httpd',
    'httpd2',
    'apache2',
    'apache',
    'httpd.worker',
    'httpd-prefork',
    'httpd2-prefork',
  ])
    for (const path of [name, `/usr/sbin/${name}`, `/opt/rh/httpd24/root/usr/sbin/${name}`])
      t.ok(isHttpdName(path), path);
});

void t.test('names that only look like it', async (t) => {
  for (const path of [
    '',
    '/usr/sbin/',
    '/usr/sbin/lighttpd',
    '/usr/sbin/httpd/php-fpm',
    '/usr/bin/apachectl',
    '/usr/sbin/apache22',
    '/usr/sbin/thttpd',
    '/usr/sbin/httpd rogue',
    '/usr/sbin/HTTPD',
  ])
    t.notOk(isHttpdName(path), path);
});
