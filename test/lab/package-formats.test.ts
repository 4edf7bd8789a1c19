import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { Apache } from './apache.ts';
import { Lab } from './lab.ts';
import { NEXT, OWN_NODE, bringOwnNode, buildWithNode } from './packages.ts';

/** What does not depend on the system that they are installed on. */
void t.test('the formats of the packages with their own Node', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-formats-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  const lab = await Lab.bootWithTools();
  t.teardown(() => {
    lab.end();
  });
  const { version, current, next } = await bringOwnNode(lab, folder);
  const other = buildWithNode(folder, 'arm64');
  const lintian = lab.run(
    'lintian',
    '--tag-display-limit=0',
    '--fail-on',
    'error',
    `/root/out/${current.deb}`,
  );
  const apache = await Apache.setUp(lab);
  await lab.sh(
    `SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q apache2; mkdir -p /usr/share/licenses /usr/share/zsh/site-functions; cd /root && tar -xf out/${current.tarball} && mv httpd-guard-${version}-linux-x64 new`,
  );
  await apache.start();
  const status = () => lab.run('httpd-guard', 'status');

  await t.test('the .rpm guards, and restores', async (t) => {
    const rpm = (...args: string[]) => lab.run('rpm', '--dbpath', '/root/rpmdb', '--nodeps', ...args);
    t.match(await rpm('-i', `/root/out/${current.rpm}`), {
      exitCode: 0,
      stdout: 'apache2.service is guarded',
    });
    t.match(await status(), { exitCode: 0, stdout: `(${OWN_NODE})` });
    t.match(await rpm('-U', `/root/out/${next.rpm}`), { exitCode: 0 });
    t.match(await status(), { exitCode: 0, stdout: `httpd-guard ${NEXT}` });
    const needs = await lab.sh(`rpm -qpR /root/out/${current.rpm}`);
    t.match(needs, 'glibc >= 2.28');
    t.notMatch(needs, 'nodejs');
    t.match(await rpm('-e', 'httpd-guard'), { exitCode: 0 });
    t.equal((await lab.run('httpd-guard', '--version')).exitCode, 127);
  });

  await t.test('what cannot be installed is refused in a sentence, and changes nothing', async (t) => {
    const sums = 'cd /root/bad && find . -type f ! -name B2SUMS | LC_ALL=C sort | xargs b2sum >B2SUMS';
    await other;
    await execa('sh', [
      '-c',
      'tar -xJOf "$1" --wildcards "*/bin/node" | head -c 1000000 >"$2"',
      'sh',
      join(folder, `httpd-guard-${version}-linux-arm64.tar.xz`),
      join(lab.root, 'root/arm-node'),
    ]);
    const small = (options: string): string =>
      `mkdir -p /mnt/small && mountpoint -q /mnt/small || mount -t tmpfs -o ${options} none /mnt/small;`;
    const cases: [string, string, RegExp][] = [
      ['truncate -s 1M /root/bad/bin/node', '', /is incomplete or damaged; unpack the tarball again/],
      ['rm /root/bad/dist/gate', '', /is incomplete or damaged/],
      ['rm /root/bad/B2SUMS', '', /is incomplete or damaged/],
      ['sed -i 9q /root/bad/B2SUMS', '', /is incomplete or damaged/],
      ['truncate -s -9 /root/bad/B2SUMS', '', /is incomplete or damaged/],
      [
        small('size=20m'),
        '--prefix /mnt/small',
        /nothing was installed: \/mnt\/small has \d+ MiB free, and httpd-guard needs 120 MiB/,
      ],
      [
        `umount /mnt/small; ${small('nr_inodes=40')}`,
        '--prefix /mnt/small',
        /nothing was installed: \/mnt\/small has no free inodes$/,
      ],
      [
        `umount /mnt/small; ${small('ro')}`,
        '--prefix /mnt/small',
        /nothing was installed: \/mnt\/small\/lib\/httpd-guard\.new cannot be created$/,
      ],
      [
        `umount /mnt/small; ${small('noexec')}`,
        '--prefix /mnt/small',
        /cannot be executed: is it mounted with noexec\?/,
      ],
      [
        `umount /mnt/small; cp /root/arm-node /root/bad/bin/node; ${sums}`,
        '',
        /this package is for aarch64, and this machine is x86_64/,
      ],
      [
        // As the loader of an older glibc prints it (ld.so: dl-version.c).
        `printf '#!/bin/sh\\necho "node: /lib/libc.so.6: version GLIBC_2.28 not found" >&2; exit 1\\n' >/root/bad/bin/node; ${sums}`,
        '',
        /its Node needs glibc 2\.28 \(RHEL 8, .*\), and this machine has glibc 2\.\d+/,
      ],
    ];
    for (const [script, args, why] of cases) {
      await lab.sh(`rm -rf /root/bad; cp -a /root/new /root/bad; ${script}`);
      const { exitCode, stderr } = await lab.run('sh', '-c', `/root/bad/scripts/install.sh ${args}`);
      t.equal(exitCode, 1, String(why));
      t.match(stderr, why);
      t.equal(
        await lab.sh('ls -d /usr/lib/httpd-guard* /mnt/small/lib/httpd-guard* 2>/dev/null || true'),
        '',
      );
    }
  });

  await t.test('the packages for aarch64 are of that architecture', async (t) => {
    await other;
    const deb = join(folder, `httpd-guard_${version}-1_arm64.deb`);
    t.equal((await execa('dpkg-deb', ['-f', deb, 'Architecture'])).stdout, 'arm64');
    const rpm = join(folder, `httpd-guard-${version}-1.aarch64.rpm`);
    t.equal((await execa('rpm', ['-qp', '--qf', '%{ARCH}', rpm])).stdout, 'aarch64');
    await execa('dpkg-deb', ['-x', deb, join(folder, 'arm64')]);
    const node = join(folder, `arm64${OWN_NODE}`);
    t.match(
      (await execa('file', [node])).stdout,
      /ELF 64-bit LSB .*ARM aarch64.*dynamically linked.*stripped/,
    );
  });

  await t.test('lintian finds no error', async (t) => {
    const { exitCode, stdout } = await lintian;
    t.equal(exitCode, 0, stdout);
    t.notMatch(stdout, /^E:/m);
  });

  await t.test('Node needs no newer glibc and libstdc++ than the packages require', async (t) => {
    for (const arch of ['amd64', 'arm64']) {
      await execa('dpkg-deb', [
        '-x',
        join(folder, `httpd-guard_${version}-1_${arch}.deb`),
        join(folder, arch),
      ]);
      const { stdout } = await execa('sh', [
        '-c',
        'strings "$1" | grep -E "^(GLIBC|GLIBCXX)_[0-9.]+$" | sort -uV',
        'sh',
        join(folder, `${arch}${OWN_NODE}`),
      ]);
      const newest = (name: string): string | undefined =>
        stdout
          .split('\n')
          .filter((line) => line.startsWith(`${name}_`))
          .at(-1);
      t.equal(newest('GLIBC'), 'GLIBC_2.28', arch);
      t.equal(newest('GLIBCXX'), 'GLIBCXX_3.4.21', arch);
    }
  });
});
