import t from 'tap';
import { Apache, setIds } from './apache.ts';
import { CREATE_FAILED, Guard, failForSets, lingering } from './guard.ts';
import { Lab, until } from './lab.ts';

/** What its clients and scripts may write, and through which door. */
const FORGERIES: readonly [string, string][] = [
  ['a script’s stderr, raw in the ErrorLog', 'curl -sf 127.0.0.1/cgi-bin/stderr'],
  ['a script’s entry in the journal, with the unit’s name', 'curl -sf 127.0.0.1/cgi-bin/logger'],
  ['a script’s stdout in the journal', 'curl -sf 127.0.0.1/cgi-bin/cat'],
  ['a client’s words, through a piped log as root', `curl -sf -A "${CREATE_FAILED}" 127.0.0.1/`],
  ['a client’s words, behind what httpd says', `curl -s -e "${CREATE_FAILED}" 127.0.0.1/%2e%2e%2fx`],
];

void t.test('forged lines and entries trigger no action', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  const linger = lingering(`echo "${CREATE_FAILED}"`);
  lab.write('usr/lib/cgi-bin/stderr', cgi(`echo "${CREATE_FAILED}" >&2`), 0o755);
  lab.write('usr/lib/cgi-bin/logger', cgi(`${linger} | logger -t apachectl -p user.emerg`), 0o755);
  lab.write('usr/lib/cgi-bin/cat', cgi(`${linger} | systemd-cat -t apachectl`), 0o755);
  lab.write(
    'etc/apache2/conf-enabled/piped.conf',
    'CustomLog "|/usr/bin/logger -t apachectl" "%{User-Agent}i"\nLogLevel debug\n',
  );
  await lab.sh('a2enmod -q cgid');
  const guard = await Guard.install(lab, apache);
  await apache.start();
  const diagnosed = async (): Promise<string> =>
    (JSON.parse((await lab.run('httpd-guard', 'diagnose', '--json')).stdout) as { cause: string }).cause;

  await t.test('a healthy server', async (t) => {
    const before = [await apache.masterPid(), await setIds(lab)];
    for (const [what, forge] of FORGERIES) {
      await guard.newWatcher();
      const mark = await guard.mark();
      await lab.sh(forge);
      // The journal has it by now, and this one is always seen: only one line in half a minute is.
      await lab.sh('curl -sf 127.0.0.1/cgi-bin/logger');
      await guard.told(/nothing to do: apache2\.service is active/, mark);
      await guard.rests();
      t.equal((await guard.said('recover', mark)).length, 1, `${what}: one look`);
      t.strictSame([await apache.masterPid(), await setIds(lab)], before, 'and nothing more');
      t.ok(await apache.serves());
    }
    const log = lab.read('var/log/apache2/error.log').split('\n');
    t.ok(log.includes(CREATE_FAILED), 'they are the same to the last byte');
    const entries = await lab.sh(`journalctl -q -o json _SYSTEMD_UNIT=apache2.service`);
    t.match(entries, new RegExp(`"_UID":"0".*AH00023|AH00023.*"_UID":"0"`), 'even as root');
    t.equal(await diagnosed(), 'none');
  });

  await t.test('a server that failed for another reason', async (t) => {
    for (const [, forge] of FORGERIES) await lab.sh(forge);
    await apache.kill9();
    const mark = await guard.mark();
    await guard.request('echo apache2.service >request');
    // Without a main process, as with a piped log, systemd does not know that it was killed.
    const said = await guard.said('recover', mark);
    t.match(said.at(-1), /is left alone: .*; nothing to recover \(cause: (killed|unknown)\)/);
    t.match(await diagnosed(), /^(killed|unknown)$/);
    t.match((await lab.run('systemctl', 'is-active', 'apache2')).stdout, /^(failed|inactive)$/);
    t.equal(await apache.masterPid(), 0);
  });

  await t.test('a request', async (t) => {
    lab.write(
      'etc/systemd/system/bystander.service',
      '[Service]\nType=oneshot\nExecStart=touch /root/started\n',
    );
    const b = await apache.addInstance('b', 8080);
    await lab.sh(`systemctl daemon-reload; systemctl enable -q ${b.unit}`);
    await lab.sh('systemctl reset-failed apache2; systemctl stop apache2');
    const started = await lab.sh('systemctl show -P NRestarts -P InvocationID apache2');
    for (const make of [
      'echo bystander.service >request',
      `echo ${b.unit} >request`,
      'echo ../../etc/systemd/system/bystander >request',
      'printf "apache2.service; touch /root/started\\napache2.service\\\\x00\\napache2\\n*\\n--help\\n" >request',
      'head -c 1M /dev/urandom >request',
      'yes bystander.service | head -c 1M >request',
      'ln -s /etc/shadow request',
      'ln -s /etc/systemd/system/bystander.service request',
      'mkfifo request',
      'mkdir -p request/x',
      'mkdir request',
      ': >request',
      // A stopped one is not ours to start, whoever asks.
      'echo apache2.service >request',
    ]) {
      await guard.request(make);
      const state = await lab.sh(
        `ls /root; systemctl show -P ActiveState bystander ${b.unit}; systemctl show -P NRestarts -P InvocationID apache2`,
      );
      t.equal(state.replaceAll('\n\n', '\n'), `inactive\ninactive\n${started}`, make);
    }
    const shadow = await lab.sh('stat -c "%a %U %s" /etc/shadow; head -c 4 /etc/shadow');
    t.match(shadow, /^640 root [1-9]\d+\nroot/, 'what a link pointed to is as it was');

    const mark = await guard.mark();
    await failForSets(apache);
    await guard.told(/serves again/, mark);
    t.ok(
      await until('it to serve', async () => ((await apache.serves()) ? true : null)),
      'and a true one is heard',
    );
  });
});

function cgi(script: string): string {
  return `#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n${script}\n`;
}
