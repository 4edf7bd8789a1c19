import t from 'tap';
import { isMappedByHttpd } from '../../../src/core/httpd/identity.ts';
import { parseMaps, readMaps } from '../../../src/host/proc/mapped-files.ts';

const LINES = `00400000-00a3e000 r-xp 00000000 fd:01 260131                     /opt/a b (deleted)
55b8160ae000-55b8160b1000 r--p 00007000 08:10 7                         /opt/data
7f2dd2ffb000-7f2dd2ffd000 r-xp 00033000 fe:00 338944                    /usr/lib/libc.so.6
7f2dd2ffe000-7f2dd2fff000 r-xp 00033000 fe:00 338945                    /usr/lib/libd.so
7ffe92ba1000-7ffe92bc2000 r-xp 00000000 00:00 0                          [vdso]
7ffe92bd1000-7ffe92be2000 rw-p 00000000 00:00 0
`;

void t.test('files that are mapped to be executed, without libraries', async (t) => {
  t.strictSame(parseMaps(LINES, 'executable'), [
    {
      path: '/opt/a b',
      range: '400000-a3e000',
      identity: 'fd:01:260131',
      device: '253:1',
      mapping: ' r-xp 00000000 fd:01 260131                     /opt/a b (deleted)\n',
    },
  ]);
  t.strictSame(
    parseMaps(LINES, 'all').map(({ path }) => path),
    ['/opt/a b', '/opt/data'],
  );
});

void t.test('httpd and APR among mapped files', async (t) => {
  const line = (path: string): string => `7f00-7f01 r-xp 00000000 fd:01 5      ${path}\n`;
  for (const path of [
    '/usr/sbin/httpd',
    '/usr/sbin/apache2 (deleted)',
    '/opt/lib/libaprutil-1.so.0',
    '/l/libapr-1.so.0.7',
  ])
    t.ok(isMappedByHttpd(LINES + line(path)), path);
  for (const path of ['/usr/sbin/httpd/x', '/usr/lib/libaprs.so', '/usr/bin/node', '/usr/sbin/lighttpd'])
    t.notOk(isMappedByHttpd(LINES + line(path)), path);
});

void t.test('reading ends at the deadline, at the limit, and as soon as enough is known', async (t) => {
  t.strictSame(
    readMaps(
      process.pid,
      () => false,
      () => false,
    ),
    { known: true, value: 'read' },
  );
  t.strictSame(
    readMaps(
      process.pid,
      (lines) => lines.endsWith('\n'),
      () => false,
    ),
    { known: true, value: 'enough' },
  );
  t.match(
    readMaps(
      process.pid,
      () => false,
      () => true,
    ),
    { why: /no time left/ },
  );
  t.match(
    readMaps(
      4_194_304,
      () => false,
      () => false,
    ),
    { why: /ENOENT/ },
  );
});
