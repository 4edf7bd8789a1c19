import t from 'tap';
import {
  canBeAsked,
  hasHttpdName,
  isHttpdName,
  isLoaderName,
  isMappedByHttpd,
  startsHttpd,
} from '../../../src/core/httpd/identity.ts';

void t.test('names under which httpd is packaged', async (t) => {
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

void t.test('similar names of other programs', async (t) => {
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

void t.test("httpd's units by the names that distributions use", async (t) => {
  for (const name of [
    'httpd.service',
    'apache2.service',
    'httpd24-httpd.service',
    'httpd@a.service',
    'apache2@a-b.service',
  ])
    t.ok(hasHttpdName(name), name);
  for (const name of [
    'httpd-guard-watch.service',
    'httpd-init.service',
    'apache-htcacheclean.service',
    'lighttpd.service',
    'php-fpm.service',
  ])
    t.notOk(hasHttpdName(name), name);
});

void t.test("httpd's units by their ExecStart=", async (t) => {
  for (const line of [
    'ExecStart=/usr/local/apache2/bin/httpd -DFOREGROUND',
    'ExecStart=-/opt/www/bin/apachectl start',
    '  ExecStart = @/usr/sbin/apache2 apache2 -k start',
    'ExecStart="/opt/httpd" -k start',
    'ExecStart=/usr/sbin/httpd-prefork',
    'ExecStart=/usr/sbin/httpd.worker',
    'ExecStart=/bin/mkdir x\nExecStart=/usr/sbin/httpd',
  ])
    t.ok(startsHttpd(`[Service]\n${line}\n`), line);
  for (const line of [
    'ExecStartPre=/usr/sbin/httpd -t',
    '#ExecStart=/usr/sbin/httpd',
    'ExecStart=/usr/bin/htcacheclean /var/cache/httpd',
    'ExecStart=/usr/bin/httpd-guard watch',
    'ExecStart=/usr/sbin/lighttpd',
    'ExecStart=/usr/sbin/nginx -c /etc/httpd',
    'ExecStart=',
  ])
    t.notOk(startsHttpd(`[Service]\n${line}\n`), line);
});

void t.test(
  'only httpd and its start scripts are run with -t: any other program would be started',
  async (t) => {
    const asked = [
      '/usr/sbin/httpd',
      '/usr/sbin/apache2',
      '/usr/sbin/apachectl',
      '/usr/sbin/apache2ctl',
      '/opt/rh/httpd24/root/usr/sbin/httpd-scl',
      '/usr/local/apache2/bin/httpd.worker',
    ];
    const notAsked = [
      '/usr/sbin/sshd',
      '/usr/bin/mysqld',
      '/bin/sh',
      '/usr/sbin/lighttpd',
      '/usr/sbin/nginx',
      '/srv/apachectl/start',
      '/etc/init.d/httpd',
      '/etc/rc.d/init.d/httpd',
      '/etc/init.d/apache2',
      '/etc/init.d/apachectl',
      '/usr/bin/httpdx',
      '',
    ];
    for (const path of asked) t.ok(canBeAsked({ path, argv: [] }), path);
    for (const path of notAsked) t.notOk(canBeAsked({ path, argv: [] }), path);
  },
);

void t.test('loaders, and mapped files that show httpd', async (t) => {
  for (const path of [
    '/lib64/ld-linux-x86-64.so.2',
    '/usr/bin/qemu-aarch64',
    '/usr/libexec/valgrind/memcheck-amd64-linux',
  ])
    t.ok(isLoaderName(path), path);
  for (const path of ['/usr/bin/ldd', '/usr/sbin/httpd', '/usr/bin/node']) t.notOk(isLoaderName(path), path);
  for (const path of [
    '/usr/sbin/httpd',
    '/usr/lib/x86_64-linux-gnu/libapr-1.so.0.7.2',
    '/opt/lib/libaprutil-1.so.0',
  ])
    t.ok(isMappedByHttpd(path), path);
  for (const path of ['/usr/lib/libaprs.so', '/usr/bin/node']) t.notOk(isMappedByHttpd(path), path);
});
