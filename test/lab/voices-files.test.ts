import t from 'tap';
import { until } from './lab.ts';
import { type Failure, Stage } from './voices.ts';

/** Mounts a small file system for the files of httpd. */
const mountSmall =
  (options: string, fill: string, config: string) =>
  async (stage: Stage): Promise<unknown> => {
    await stage.lab.sh(
      `mkdir -p /mnt/small; mount -t tmpfs -o ${options} none /mnt/small; chmod 777 /mnt/small; mountpoint -q /mnt/small && ${fill}`,
    );
    stage.configure(config);
    return stage.start();
  };
const unmountSmall = ({ lab }: Stage): Promise<unknown> =>
  lab.sh('systemctl stop apache2; ! mountpoint -q /mnt/small || umount /mnt/small');
const FILL = '{ dd if=/dev/zero of=/mnt/small/full bs=4k count=100 2>/dev/null || true; }';

/** A start with these lines in the configuration. */
const startWith =
  (config: string) =>
  (stage: Stage): Promise<unknown> => {
    stage.configure(config);
    return stage.start();
  };

const startIn =
  (...settings: string[]) =>
  async (stage: Stage): Promise<unknown> => {
    await stage.apache.dropIn('zz.conf', ...settings);
    return stage.start();
  };

/** A start whose processes have ended when systemd looks for its main process, as can happen under load. */
const startUnseen = async (stage: Stage): Promise<void> => {
  const { lab, apache } = stage;
  stage.configure('PidFile /no/such/apache2.pid\n');
  await lab.sh(`echo "sleep 1" >>/etc/apache2/envvars; systemctl start --no-block ${apache.unit}`);
  await until('apachectl', async () => ((await lab.sh('pgrep -x sleep || true')) === '' ? null : true));
  process.kill(lab.initPid, 'SIGSTOP');
  try {
    await until('httpd to end', async () =>
      (await lab.sh('pgrep -r R,S,D "^(sleep|apache2|apachectl)$" || true')) === '' ? true : null,
    );
    // Else each command that asks apachectl takes a second longer.
    await lab.sh('sed -i /sleep/d /etc/apache2/envvars');
  } finally {
    process.kill(lab.initPid, 'SIGCONT');
  }
};

const FAILURES: readonly Failure[] = [
  {
    what: 'no folder for its log',
    fail: startWith('ErrorLog /no/such/error.log\n'),
    cause: 'config-error',
    saw: /\(2\)/,
  },
  {
    what: 'no folder for its pid file',
    fail: startWith('PidFile /no/such/apache2.pid\n'),
    cause: 'other',
    saw: /AH00099|\(2\)/,
  },
  {
    what: 'no folder for its pid file, and an end before systemd finds the main process',
    fail: startUnseen,
    cause: 'other',
    saw: /AH00099|\(2\)/,
  },
  {
    what: 'a certificate that is missing',
    fail: startWith(host('/no/such.pem')),
    cause: 'config-error',
    saw: /no\/such\.pem/,
  },
  {
    what: 'a certificate that is none',
    fail: startWith(host('/etc/hostname')),
    cause: 'other',
    saw: /AH02562/,
  },
  {
    what: 'a module that is missing',
    fail: startWith('LoadModule no_module /no/such.so\n'),
    cause: 'config-error',
    saw: /no\/such\.so/,
  },
  {
    what: 'a user that does not exist',
    fail: startWith('User nosuchuser\n'),
    cause: 'config-error',
    saw: /nosuchuser/,
  },
  {
    what: 'a program of a rewrite map that is missing',
    fail: startWith('RewriteEngine on\nRewriteMap no prg:/no/such\n'),
    cause: 'config-error',
    saw: /no\/such/,
  },
  {
    what: 'a full disk for the pid file',
    fail: mountSmall('size=64k', FILL, 'PidFile /mnt/small/apache2.pid\n'),
    cause: 'disk-full',
    saw: /\/mnt\/small \(PidFile\) is full/,
    undo: unmountSmall,
  },
  {
    what: 'no free inodes for file mutexes',
    fail: mountSmall('size=1m,nr_inodes=2', ': >/mnt/small/one', 'Mutex file:/mnt/small default\n'),
    cause: 'inodes-full',
    saw: /no free inodes/,
    undo: unmountSmall,
  },
  {
    what: 'no free inodes for the file of one mutex',
    fail: mountSmall('size=1m,nr_inodes=2', ': >/mnt/small/one', 'Mutex file:/mnt/small ssl-cache\n'),
    cause: 'inodes-full',
    saw: /\/mnt\/small \(file mutexes\) has no free inodes/,
    undo: unmountSmall,
  },
  {
    what: 'no free inodes for a new log of a virtual host',
    fail: mountSmall(
      'size=1m,nr_inodes=2',
      ': >/mnt/small/one',
      '<VirtualHost *:81>\nErrorLog /mnt/small/error.log\n</VirtualHost>\n',
    ),
    cause: 'inodes-full',
    saw: /\/mnt\/small \(ErrorLog\) has no free inodes \(tmpfs\)/,
    undo: unmountSmall,
  },
  {
    what: 'no free inodes for a new log of requests',
    fail: mountSmall('size=1m,nr_inodes=2', ': >/mnt/small/one', 'CustomLog /mnt/small/access.log "%U"\n'),
    cause: 'inodes-full',
    saw: /\/mnt\/small \(CustomLog\) has no free inodes/,
    undo: unmountSmall,
  },
  {
    what: 'an address of another machine, and a full disk that does not matter',
    fail: mountSmall('size=64k', FILL, 'CustomLog /mnt/small/access.log "%U"\nListen 203.0.113.9:80\n'),
    cause: 'other',
    saw: /\(99\)/,
    undo: unmountSmall,
  },
  {
    what: 'a read-only file system for its log',
    fail: mountSmall('size=64k', 'mount -o remount,ro /mnt/small', 'ErrorLog /mnt/small/error.log\n'),
    cause: 'other',
    saw: /read-only/i,
    undo: unmountSmall,
  },
  {
    what: 'a full /dev/shm',
    fail: async (stage) => {
      await stage.lab.sh(
        'mount -t tmpfs -o size=64k none /dev/shm; dd if=/dev/zero of=/dev/shm/full bs=4k count=100 2>/dev/null || true',
      );
      return startWith('Mutex posixsem default\n')(stage);
    },
    cause: 'shm-full',
    saw: /\/dev\/shm .*is full/,
    undo: ({ lab }) => lab.sh('systemctl stop apache2; umount /dev/shm'),
  },
  {
    what: 'no sockets of the network',
    fail: startIn('RestrictAddressFamilies=AF_UNIX'),
    cause: 'config-error',
    saw: /only its log shows this[^]*ports\.conf/,
  },
  {
    what: 'a pid file that systemd waits for, and httpd does not write',
    fail: startIn('PIDFile=/run/other.pid', 'TimeoutStartSec=5'),
    cause: 'timeout',
    saw: /systemd waits for PIDFile=\/run\/other\.pid, but httpd writes .*\/apache2\.pid/,
  },
  {
    what: 'too few file descriptors',
    fail: startIn('LimitNOFILE=8'),
    cause: 'other',
    saw: /\(24\)|exit-code|Too many open files/i,
  },
];

void t.test('failures by files and settings: every command reports the same cause', async (t) => {
  const stage = await Stage.boot();
  t.teardown(() => {
    stage.lab.end();
  });
  await stage.play(t, FAILURES);
});

function host(certificate: string): string {
  return `<VirtualHost *:81>
  SSLEngine on
  SSLCertificateFile ${certificate}
  SSLCertificateKeyFile ${certificate}
</VirtualHost>
`;
}
