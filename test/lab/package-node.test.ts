import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { MOST_SETS, failForSets } from './guard.ts';
import { Lab, until } from './lab.ts';
import { buildWithNode, difference, state } from './packages.ts';

const WATCH = 'httpd-guard-watch.service';
const NODE = '/usr/lib/httpd-guard/bin/node';
const NEXT = '99.0.0';
/** The figure is 5 s; this machine may be busy. */
const MOST_MS = 20_000;
const MOST_WATCHER_MIB = 50;

void t.test('packages that bring their own Node', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-packages-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  const lab = await Lab.bootWithTools();
  t.teardown(() => {
    lab.end();
  });
  await buildWithNode(folder, 'x64');
  await buildWithNode(folder, 'x64', NEXT);
  const other = buildWithNode(folder, 'arm64');
  const { version } = JSON.parse((await execa('cat', ['package.json'])).stdout) as { version: string };
  const names = (v: string) => ({
    deb: `httpd-guard_${v}-1_amd64.deb`,
    rpm: `httpd-guard-${v}-1.x86_64.rpm`,
    tarball: `httpd-guard-${v}-linux-x64.tar.xz`,
  });
  await mkdir(join(lab.root, 'root/out'));
  const current = names(version);
  const next = names(NEXT);
  for (const name of [...Object.values(current), ...Object.values(next)])
    await copyFile(join(folder, name), join(lab.root, 'root/out', name));
  await lab.sh('rm -r /usr/local/bin/node /opt/node-*; ! command -v node');
  const apache = await Apache.setUp(lab);
  await lab.sh(
    'SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q apache2; mkdir -p /usr/share/licenses /usr/share/zsh/site-functions',
  );
  await apache.start();
  const before = await state(lab);
  const lintian = lab.run(
    'lintian',
    '--tag-display-limit=0',
    '--fail-on',
    'error',
    `/root/out/${current.deb}`,
  );
  const status = () => lab.run('httpd-guard', 'status');

  await t.test('the .deb guards a host without Node', async (t) => {
    const beganMs = performance.now();
    t.match(await lab.run('dpkg', '-i', `/root/out/${current.deb}`), { exitCode: 0 });
    const tookMs = performance.now() - beganMs;
    t.ok(tookMs < MOST_MS, `unpacked, guarded and watched in ${Math.round(tookMs)} ms`);
    t.match(await status(), { exitCode: 0, stdout: `(${NODE})` });
    const pid = await lab.sh(`systemctl show -P MainPID ${WATCH}`);
    t.equal((await lab.sh(`readlink /proc/${pid}/exe`)).trim(), NODE);
    const rss = Number(await lab.sh(`awk '/^VmRSS/ { print $2 }' /proc/${pid}/status`)) / 1024;
    t.ok(rss > 10 && rss <= MOST_WATCHER_MIB, `the watcher has ${Math.round(rss)} MiB`);
    t.match(
      await lab.sh('cat /usr/share/doc/httpd-guard/third-party-licences'),
      /^Node\.js 24\.[^]*Permission is hereby granted[^]*OpenSSL/m,
    );
    t.notMatch(await lab.sh(`dpkg-deb -f /root/out/${current.deb} Depends`), 'nodejs');
  });

  await t.test('it removes what a kill leaks, and recovers', async (t) => {
    const used = await setIds(lab, WWW_DATA);
    await apache.kill9();
    t.ok(await apache.tryStart());
    t.ok((await setIds(lab, WWW_DATA)).every((id) => !used.includes(id)));
    await lab.limitSets(MOST_SETS);
    await failForSets(apache);
    await until('the recovery', async () => ((await apache.serves()) ? true : null));
    await apache.dropIn('zz.conf');
    await lab.sh('rm /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload');
  });

  await t.test('upgrade and downgrade keep it guarded, and httpd running', async (t) => {
    const master = await apache.masterPid();
    for (const [{ deb }, wanted] of [
      [next, NEXT],
      [current, version],
    ] as const) {
      t.match(await lab.run('dpkg', '-i', `/root/out/${deb}`), { exitCode: 0 });
      t.match(await status(), { exitCode: 0, stdout: `httpd-guard ${wanted} in /usr/lib/httpd-guard` });
    }
    t.equal(await apache.masterPid(), master);
  });

  await t.test(
    'a second copy in /usr/local is named, and the tarball does not replace the package',
    async (t) => {
      await lab.sh(`cd /root && tar -xf out/${current.tarball} && mv httpd-guard-${version}-linux-x64 new`);
      t.match(await lab.run('/root/new/scripts/install.sh'), {
        exitCode: 1,
        stderr: 'httpd-guard is installed as a package in /usr/lib/httpd-guard',
      });
      await lab.sh('/root/new/scripts/install.sh --prefix /usr/local');
      const { exitCode, stdout } = await lab.run('/usr/local/bin/httpd-guard', 'status', '--quiet');
      t.equal(exitCode, 1);
      t.match(
        stdout,
        'came from another copy of httpd-guard (/usr/lib/httpd-guard), not from this one (/usr/local/lib/httpd-guard)',
      );
      await lab.sh(
        'rm -r /usr/local/lib/httpd-guard /usr/local/bin/httpd-guard /usr/local/share/httpd-guard /usr/local/share/zsh /usr/local/share/bash-completion /usr/local/share/man/man?',
      );
    },
  );

  await t.test('removed and purged, it restores the previous state', async (t) => {
    t.match(await lab.run('dpkg', '-P', 'httpd-guard'), { exitCode: 0, stderr: '' });
    t.strictSame(
      difference(before, await state(lab)).filter((line) => !/ \/(var\/tmp|usr\/local)\//.test(line)),
      [],
    );
  });

  await t.test('the .rpm guards, and restores', async (t) => {
    const rpm = (...args: string[]) => lab.run('rpm', '--dbpath', '/root/rpmdb', '--nodeps', ...args);
    t.match(await rpm('-i', `/root/out/${current.rpm}`), {
      exitCode: 0,
      stdout: 'apache2.service is guarded',
    });
    t.match(await status(), { exitCode: 0, stdout: `(${NODE})` });
    t.match(await rpm('-U', `/root/out/${next.rpm}`), { exitCode: 0 });
    t.match(await status(), { exitCode: 0, stdout: `httpd-guard ${NEXT}` });
    const needs = await lab.sh(`rpm -qpR /root/out/${current.rpm}`);
    t.match(needs, 'glibc >= 2.28');
    t.notMatch(needs, 'nodejs');
    t.match(await rpm('-e', 'httpd-guard'), { exitCode: 0 });
    t.equal((await lab.run('httpd-guard', '--version')).exitCode, 127);
  });

  await t.test('the tarball: one file, one command', async (t) => {
    await lab.sh(`/root/new/scripts/install.sh && httpd-guard install`);
    t.match(await status(), { exitCode: 0, stdout: `(${NODE})` });
    await lab.sh(
      `cd /root && tar -xf out/${next.tarball} && httpd-guard-${NEXT}-linux-x64/scripts/install.sh && httpd-guard install`,
    );
    t.match(await status(), { exitCode: 0, stdout: `httpd-guard ${NEXT}` });
    await lab.sh('httpd-guard uninstall && /root/new/scripts/uninstall.sh');
    t.equal((await lab.run('test', '-e', '/usr/lib/httpd-guard')).exitCode, 1);
  });

  await t.test('what cannot be installed is refused in a sentence, and changes nothing', async (t) => {
    const sums = 'cd /root/bad && find . -type f ! -name SHA256SUMS | xargs sha256sum >SHA256SUMS';
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
      [
        small('size=20m'),
        '--prefix /mnt/small',
        /nothing was installed: \/mnt\/small has \d+ MiB free, and httpd-guard needs 120 MiB/,
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
        /its Node needs glibc 2\.28 \(RHEL 8, .*\), and this machine has glibc 2\.36/,
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
    const node = join(folder, `arm64${NODE}`);
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
        join(folder, `${arch}${NODE}`),
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
