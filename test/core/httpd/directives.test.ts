import t from 'tap';
import {
  activeDirectives,
  countBalancers,
  listenPorts,
  mutexFolders,
  wsgiGroups,
} from '../../../src/core/httpd/directives.ts';

const active = (...texts: string[]) => activeDirectives(texts, new Map([['DIR', '/etc']]));

void t.test('directives are read as httpd reads them', async (t) => {
  t.strictSame(active('  ServerName  "a b"\n# Listen 1\n\nTimeout 5 \\\n  6\nX \'y z\' ${DIR}/c ${NONE}\n'), [
    { name: 'servername', words: ['a b'] },
    { name: 'timeout', words: ['5', '6'] },
    { name: 'x', words: ['y z', '/etc/c', '${NONE}'] },
  ]);
  t.strictSame(active(''), []);
});

void t.test('ports, also behind conditions that hold', async (t) => {
  const debian =
    'Listen 80\n<IfModule ssl_module>\n  Listen 443\n</IfModule>\n<IfModule !mod_x.c>\nListen 81\n</IfModule>\n';
  t.strictSame(listenPorts(active(debian)), [80, 81]);
  const ssl = 'LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so\n';
  t.strictSame(listenPorts(active(debian, ssl)), [80, 81, 443]);
  t.strictSame(
    listenPorts(active('Define P 8080\nListen ${P}\n<IfDefine P>\nListen [::]:8081 https\n</IfDefine>')),
    [8080, 8081],
  );
  t.strictSame(
    listenPorts(active('<IfDefine NO>\n<Directory />\nListen 1\n</Directory>\n</IfDefine>\nListen 2')),
    [2],
  );
  t.strictSame(listenPorts(active('Listen 203.0.113.9:80\nListen 80\nListen x\nListen 99999\nListen')), [80]);
});

void t.test('daemon groups of mod_wsgi, in their order', async (t) => {
  const text =
    'WSGIDaemonProcess app2 user=app2\n<VirtualHost *:80>\nWSGIDaemonProcess app1 processes=2\n</VirtualHost>';
  t.strictSame(wsgiGroups(active(text)), ['app2', 'app1']);
});

void t.test('balancers, each once', async (t) => {
  const text = [
    '<Proxy balancer://a>\nBalancerMember http://127.0.0.1:1\n</Proxy>',
    '<Proxy "balancer://b/">\n</Proxy>',
    'ProxyPass /a balancer://a/x',
    'ProxyPass /c BALANCER://C',
    'ProxyPass /d http://127.0.0.1/',
  ].join('\n');
  t.equal(countBalancers(active(text)), 3);
  t.equal(countBalancers(active('')), 0);
});

void t.test('folders of file mutexes', async (t) => {
  const text =
    'Mutex file:/run/a default\nMutex FLOCK:/b ssl-cache\nmutex sysvsem x\nMutex fcntl:logs y\nMutex pthread\nMutex fcntl:${D} z\n';
  t.strictSame(mutexFolders(activeDirectives([text], new Map([['D', '/d']]))), ['/run/a', '/b', '/d']);
});
