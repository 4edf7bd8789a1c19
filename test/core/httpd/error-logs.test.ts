import t from 'tap';
import { errorLogsIn, writtenFilesIn } from '../../../src/core/httpd/error-logs.ts';

const found = (texts: string[], over: object = {}) =>
  errorLogsIn(texts, {
    serverRoot: '/etc/apache2',
    mainErrorLog: '/var/log/apache2-b/error.log',
    environment: new Map([['LOGS', '/srv/logs']]),
    ...over,
  });

const MAIN = 'ServerRoot "/etc/apache2"\nErrorLog ${APACHE_LOG_DIR}/error.log\n';

void t.test('the ErrorLogs of virtual hosts are found, as httpd expands them', async (t) => {
  const host = `<VirtualHost *:80>
  # ErrorLog /not/this
  ErrorLog \${APACHE_LOG_DIR}/shop.log
</VirtualHost>
<virtualhost *:81>
  errorlog "/var/log/with space.log"
  ErrorLog \${LOGS}/x.log
  ErrorLog logs/relative.log
  ErrorLog \\
    '/var/log/continued.log'
</virtualhost>`;
  t.strictSame(found([MAIN, host]), [
    '/var/log/apache2-b/shop.log',
    '/var/log/with space.log',
    '/srv/logs/x.log',
    '/etc/apache2/logs/relative.log',
    '/var/log/continued.log',
  ]);
});

void t.test('variables of the configuration count, also in each other', async (t) => {
  const text =
    'Define base /data\nDefine dir ${base}/log\nDefine flag\nErrorLog ${dir}/a.log\nErrorLog ${none}/b.log';
  t.strictSame(found([text]), ['/data/log/a.log']);
});

void t.test('pipes, syslog, the main log and repetitions are left out', async (t) => {
  const text =
    'ErrorLog "|/usr/bin/rotatelogs /x 1"\nErrorLog syslog:local7\nErrorLog /a\nErrorLog /a\nErrorLog ""\nErrorLog\n';
  t.strictSame(found([MAIN, text]), ['/a']);
  t.strictSame(found([MAIN, text], { mainErrorLog: null }), ['/a'], 'no variable is learned');
});

void t.test('nothing is learned from a word that cannot be what httpd says', async (t) => {
  const host = '<VirtualHost *>\nErrorLog ${APACHE_LOG_DIR}/y.log\n</VirtualHost>';
  for (const word of [
    '${APACHE_LOG_DIR}/other.log',
    '/x${APACHE_LOG_DIR}/error.log',
    '${A}${APACHE_LOG_DIR}',
    'ErrorLog',
  ])
    t.strictSame(
      found([`ErrorLog ${word}`, host]).filter((path) => path.endsWith('y.log')),
      [],
      word,
    );
  t.strictSame(found(['ErrorLog ${APACHE_LOG_DIR}/error.log', host], { mainErrorLog: 'x' }), []);
});

void t.test('the files that a start opens for writing, each with its directive', async (t) => {
  const text = `${MAIN}
CustomLog \${APACHE_LOG_DIR}/access.log combined
CustomLog "|/usr/bin/rotatelogs /x 1" combined
ScriptSock /run/cgi/sock
<VirtualHost *:80>
  ErrorLog /srv/shop/error.log
  TransferLog logs/shop.log
</VirtualHost>`;
  t.strictSame(
    writtenFilesIn([text], {
      serverRoot: '/etc/apache2',
      mainErrorLog: '/var/log/apache2/error.log',
      environment: new Map(),
    }),
    [
      { path: '/var/log/apache2/access.log', directive: 'CustomLog' },
      { path: '/run/cgi/sock', directive: 'ScriptSock' },
      { path: '/srv/shop/error.log', directive: 'ErrorLog' },
      { path: '/etc/apache2/logs/shop.log', directive: 'TransferLog' },
    ],
  );
});

void t.test('there is an end to them', async (t) => {
  const text = Array.from({ length: 1_000 }, (_, i) => `ErrorLog /log/${i}`).join('\n');
  t.equal(found([text]).length, 64);
});
