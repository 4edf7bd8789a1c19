import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Apache, WWW_DATA, makeSets, setIds } from './apache.ts';
import { failForSets } from './guard.ts';
import { Lab } from './lab.ts';
import { bringXz, buildWithNode, removeNode } from './packages.ts';

const README = readFileSync('README.md', 'utf8');
const BLOCKS = [...README.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text);

/** The lines of the block of commands that has this one; README is written for RHEL's names. */
function block(t: { fail: (message: string) => unknown }, has: RegExp): string[] {
  const found = BLOCKS.filter((text) => has.test(text));
  if (found.length !== 1) t.fail(`${found.length} blocks of README have ${String(has)}`);
  return (found[0] ?? '')
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace('id -u apache', 'id -u www-data')
        .replace(/\bhttpd; systemctl start httpd$/, 'apache2; systemctl start apache2'),
    );
}

void t.test('the commands of README, on a host that has only Apache', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-readme-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  const [lab] = await Promise.all([Lab.boot(), buildWithNode(folder, 'x64')]);
  t.teardown(() => {
    lab.end();
  });
  await removeNode(lab);
  const apache = await Apache.setUp(lab, 'prefork');
  await lab.sh('SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q apache2');
  await lab.limitSets(12);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const run = (line: string) => lab.run('sh', '-c', `cd /root; ${line}`);

  await t.test('by hand, while httpd runs: it removes nothing', async (t) => {
    const [line = ''] = block(t, /pgrep/);
    await apache.start();
    await makeSets(lab, 3, { uid: WWW_DATA });
    const before = await setIds(lab);
    const { stdout } = await run(line);
    t.match(stdout, /^\d+ .*apache2/);
    t.strictSame(await setIds(lab), before);
    await lab.sh('systemctl stop apache2; mv /usr/bin/pgrep /root/pgrep');
    await run(line);
    t.strictSame((await setIds(lab, WWW_DATA)).length, 3, 'nor if that cannot be found out');
    await lab.sh('mv /root/pgrep /usr/bin/pgrep; ipcrm -a');
  });

  await t.test('by hand, after a kill: it removes the sets of httpd, and no others', async (t) => {
    await makeSets(lab, 1, { uid: WWW_DATA, key: 77 });
    await makeSets(lab, 1, { uid: WWW_DATA, nsems: 2 });
    await makeSets(lab, 1, { uid: 1 });
    const others = await setIds(lab);
    t.equal(others.length, 3);
    await apache.start();
    await apache.kill9();
    await failForSets(apache);
    t.notOk(await apache.serves());
    for (const line of block(t, /pgrep/)) await run(line);
    t.ok(await apache.serves());
    const left = await setIds(lab);
    t.ok(others.every((id) => left.includes(id)));
    await lab.sh('systemctl stop apache2; ipcrm -a; systemctl reset-failed apache2');
  });

  await t.test('at night: the tarball, then diagnose and recover, then the rest', async (t) => {
    const tarball = `httpd-guard-${version}-linux-x64.tar.xz`;
    await copyFile(join(folder, tarball), join(lab.root, 'root', tarball));
    await bringXz(lab);
    await failForSets(apache);
    const [install = '', ...none] = block(t, /^tar -xf [^\n]*install\.sh\n$/);
    t.strictSame(none, []);
    t.match(install, tarball, 'of this version');
    t.match(await run(install), { exitCode: 0 });
    const [diagnose = '', recover = ''] = block(t, /^httpd-guard diagnose/);
    t.match(await run(diagnose), { exitCode: 0, stdout: /semaphore/ });
    t.match(await run(recover), { exitCode: 0 });
    t.ok(await apache.serves());
    // What made it fail in this lab.
    await lab.sh('rm /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload');
    for (const line of block(t, /^httpd-guard install /)) {
      const { exitCode, stderr } = await run(line);
      t.equal(exitCode, 0, `${line}: ${stderr}`);
    }
    t.match(await run('httpd-guard status'), { exitCode: 0 });
  });

  await t.test('and removed again', async (t) => {
    const [uninstall = ''] = block(t, /httpd-guard uninstall && /);
    t.match(await run(`cd httpd-guard-${version}-linux-x64; ${uninstall}`), { exitCode: 0 });
    t.equal((await lab.run('test', '-e', '/usr/lib/httpd-guard')).exitCode, 1);
  });

  await t.test('the package', async (t) => {
    const lines = block(t, /^apt install /m);
    const apt = lines.find((line) => line.startsWith('apt ')) ?? '';
    const deb = `httpd-guard_${version}-1_amd64.deb`;
    t.match(apt, `./${deb}`);
    await copyFile(join(folder, deb), join(lab.root, 'root', deb));
    const { exitCode, stderr } = await run(`${apt} -y`);
    t.equal(exitCode, 0, stderr);
    t.match(await run('httpd-guard status'), { exitCode: 0 });
  });
});
