import t from 'tap';
import { Controller } from './ansible-controller.ts';
import { Apache } from './apache.ts';
import { Lab } from './lab.ts';
import { buildPackages, copyRepository, pretendNodejs } from './packages.ts';

const CONFIGURATION = 'etc/httpd-guard.toml';
const NAMES = ['web1', 'web2'] as const;
/** Both hosts at once, as the role's README has it. */
const SITE = '- hosts: httpd\n  gather_facts: false\n  become: true\n  roles:\n    - httpd_guard\n';

void t.test('the Ansible role, on two hosts', async (t) => {
  const labs: Lab[] = [];
  t.teardown(() => {
    for (const lab of labs) lab.end();
  });
  const bootHost = async (): Promise<Apache> => {
    const lab = await Lab.bootWithTools();
    labs.push(lab);
    const apache = await Apache.setUp(lab);
    await apache.start();
    return apache;
  };
  const booting = Promise.all([bootHost(), bootHost()]);
  const controller = await Controller.boot(
    booting.then(([web1, web2]) => ({ web1: web1.lab, web2: web2.lab })),
  );
  labs.push(controller.lab);
  const hosts = await booting;
  const [web1, web2] = hosts;
  const each = <T>(ask: (apache: Apache) => Promise<T>): Promise<T[]> => Promise.all(hosts.map(ask));

  controller.lab.write('root/ansible/site.yml', SITE);
  controller.inventory(NAMES, {
    httpd_guard_source: 'tree',
    httpd_guard_tree: '/root/tree',
    httpd_guard_config: { check: { warn: 70 }, recover: { 'on-gave-up': ['/bin/echo', 'a "quoted" wörd'] } },
  });

  t.equal((await controller.play('rolling.yml', '--syntax-check')).exitCode, 0);
  const before = await each(state);

  await t.test('a trial run changes nothing and reports what would change', async (t) => {
    const beforeTimes = await each(times);
    const { exitCode, stdout, stderr, recap } = await controller.play('site.yml', '--check', '--diff');
    t.equal(exitCode, 0, exitCode === 0 ? 'ends well' : stdout + stderr);
    for (const name of NAMES) t.match(recap[name], { changed: 2, failed: 0 });
    for (const part of ['/usr/lib/httpd-guard/gate', '+warn = 70']) t.match(stdout, part);
    t.strictSame(await each(times), beforeTimes);
  });

  await t.test('the first run guards both hosts, and httpd serves', async (t) => {
    const { exitCode, stdout, stderr } = await controller.play('site.yml');
    t.equal(exitCode, 0, exitCode === 0 ? 'ends well' : stdout + stderr);
    for (const { lab } of hosts) {
      t.match(await lab.sh('systemctl cat apache2'), 'ExecStartPre=-+/bin/sh /usr/lib/httpd-guard/gate');
      t.equal(
        await lab.sh('systemctl is-active httpd-guard-watch httpd-guard-recover.path'),
        'active\nactive',
      );
      t.match(await lab.sh('httpd-guard config'), /^check\.warn +70 +\/etc\/httpd-guard\.toml$/m);
      t.match(lab.read(CONFIGURATION), 'a \\"quoted\\" wörd');
    }
    t.strictSame(await each((apache) => apache.serves()), [true, true]);
  });

  await t.test('the second run, one host after the other, has nothing to change', async (t) => {
    const { exitCode, stdout, stderr, recap } = await controller.play('rolling.yml');
    t.equal(exitCode, 0, exitCode === 0 ? 'ends well' : stdout + stderr);
    for (const name of NAMES) t.match(recap[name], { changed: 0, failed: 0 });
  });

  await t.test('a wrong value: the play fails, and the old file is kept', async (t) => {
    const file = (): Promise<string> =>
      web1.lab.sh(`cat /${CONFIGURATION}; stat -c %Z /${CONFIGURATION}; ls /run | grep httpd-guard`);
    const old = await file();
    const { exitCode, stdout, recap } = await controller.play(
      ...(['site.yml', '--limit', 'web1', '-e', config(400)] as const),
    );
    t.equal(exitCode, 2);
    const tried = await controller.play('site.yml', '--check', '-e', config(400));
    t.match(tried.recap, { web1: { changed: 0, failed: 1 }, web2: { changed: 0, failed: 1 } });
    t.match(stdout, 'check.warn = 400 is wrong: it must be a whole number from 0 to 100');
    t.match(recap['web1'], { changed: 0, failed: 1 });
    t.equal(await file(), old);
  });

  await t.test('if the first host fails, the second is not touched', async (t) => {
    await web1.lab.sh('systemctl stop apache2');
    const { exitCode, stdout, recap } = await controller.play(
      ...(['rolling.yml', '-e', config(60)] as const),
    );
    t.equal(exitCode, 2, exitCode === 2 ? 'fails' : stdout);
    t.match(stdout, /TASK \[Verify that httpd serves\][^]*Connection refused/);
    t.strictSame(Object.keys(recap), ['web1']);
    t.match(recap['web1'], { changed: 1, failed: 1 });
    t.match(web2.lab.read(CONFIGURATION), 'warn = 70');
    await web1.start();
  });

  await t.test('removed, both restore the previous state, and httpd serves', async (t) => {
    const { exitCode, stdout, stderr } = await controller.play('site.yml', '-e', 'httpd_guard_state=absent');
    t.equal(exitCode, 0, exitCode === 0 ? 'ends well' : stdout + stderr);
    t.strictSame(await each(state), before);
    t.strictSame(await each((apache) => apache.serves()), [true, true]);
  });

  await t.test('the same with the package of this tree', async (t) => {
    await each(({ lab }) => pretendNodejs(lab));
    const packageless = await each(state);
    await copyRepository(controller.lab);
    await buildPackages(controller.lab, 'one', '/root/out');
    const deb = await controller.lab.sh('echo /root/out/*.deb');
    controller.inventory(NAMES, { httpd_guard_package: deb, httpd_guard_config: { check: { warn: 70 } } });
    for (const [words, changed] of [
      [['--check'], 3],
      [[], undefined],
      [[], 0],
      [['--check'], 0],
    ] as const) {
      const { exitCode, stdout, stderr, recap } = await controller.play('site.yml', ...words);
      t.equal(exitCode, 0, exitCode === 0 ? 'ends well' : stdout + stderr);
      if (changed !== undefined) for (const name of NAMES) t.match(recap[name], { changed, failed: 0 });
    }
    for (const { lab } of hosts) {
      t.match(await lab.sh('systemctl cat apache2'), 'ExecStartPre=-+/bin/sh /usr/lib/httpd-guard/gate');
      t.match(await lab.sh('httpd-guard config'), /^check\.warn +70 /m);
    }
    const { exitCode, stdout, stderr } = await controller.play('site.yml', '-e', 'httpd_guard_state=absent');
    t.equal(exitCode, 0, exitCode === 0 ? 'ends well' : stdout + stderr);
    t.strictSame(await each(state), packageless);
    t.strictSame(await each((apache) => apache.serves()), [true, true]);
  });
});

/** As a word of the command line: WARNING from this use on, in percent. */
function config(warn: number): string {
  return JSON.stringify({ httpd_guard_config: { check: { warn } } });
}

/** Without what systemd, dpkg and apt keep for themselves. */
const FILES =
  'find /etc /usr /var/lib -xdev ! -path "/var/lib/systemd*" ! -path "/var/lib/dpkg*" ! -path "/var/lib/apt*" ! -name journal';

/** All files by name, users, and httpd's unit. */
function state({ lab }: Apache): Promise<string> {
  return lab.sh(`${FILES} | sort; cat /etc/passwd /etc/group; systemctl cat apache2`);
}

/** All files by name, size and time of change. */
function times({ lab }: Apache): Promise<string> {
  return lab.sh(`${FILES} -printf '%p %s %C@\\n' | sort`);
}
