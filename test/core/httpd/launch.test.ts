import t from 'tap';
import { parseEnvironment, queryCommand } from '../../../src/core/httpd/launch.ts';

const environment = new Map([
  ['OPTIONS', '-f /etc/a.conf  -D SSL'],
  ['DIR', '/etc/httpd'],
]);

void t.test("httpd is asked about its unit's configuration and never started", async (t) => {
  const cases: [string, string][] = [
    ['httpd $OPTIONS -DFOREGROUND', '-f /etc/a.conf -D SSL'],
    ['httpd -D FOREGROUND -f x', '-f x'],
    ['apachectl start', ''],
    ['apache2ctl -k start', ''],
    ['httpd -k graceful -d /srv', '-d /srv'],
    ['httpd -D NO_DETACH -D SSL', '-D SSL'],
    ['httpd -X', ''],
    ['httpd $NONE -f ${DIR}/b.conf', '-f /etc/httpd/b.conf'],
    ['httpd -f ${NONE}b', '-f b'],
    ['httpd -f $DIR/b', '-f $DIR/b'],
  ];
  for (const [line, kept] of cases) {
    const argv = line.split(' ');
    const { file, args } = queryCommand({ path: '/usr/sbin/httpd', argv }, environment, [
      '-t',
      '-D',
      'DUMP_RUN_CFG',
    ]);
    t.equal(file, '/usr/sbin/httpd');
    t.equal(args.join(' '), `${kept} -t -D DUMP_RUN_CFG`.trim(), line);
  }
});

void t.test('a variable that is a word of its own is split as systemd splits it', async (t) => {
  const split = (value: string) =>
    queryCommand({ path: '/x', argv: ['x', '$V'] }, new Map([['V', value]]), []).args;
  t.strictSame(split(`-d /srv  -c 'Mutex sysvsem default'`), ['-d', '/srv', '-c', 'Mutex sysvsem default']);
  t.strictSame(split(`-c "PidFile \\"/run/a b\\""`), ['-c', 'PidFile "/run/a b"']);
  t.strictSame(split(`-c'a b'"c d"e\\ f`), ['-ca bc de f']);
  t.strictSame(split(`"it's" '' \t `), ["it's", '']);
  t.strictSame(split(`-D it's`), ['-D', 'its'], 'a quote that is not closed');
  t.ok(split('"'.repeat(100_001)).length < 3);
  t.ok(split(`'\\`.repeat(50_000)).length < 3);
});

void t.test(
  'later environment lines override earlier ones, quotes are removed, malformed lines are skipped',
  async (t) => {
    const lines = ['# A=1', '', 'A=1', 'B="x y" ', "C='z'", 'A=2', 'D="half', 'E=', '1F=no', 'G=a=b'];
    t.same(
      [...parseEnvironment(lines)],
      [
        ['A', '2'],
        ['B', 'x y'],
        ['C', 'z'],
        ['D', '"half'],
        ['E', ''],
        ['G', 'a=b'],
      ],
    );
  },
);
