import { Apache } from './apache.ts';
import { type Lab, until } from './lab.ts';

/** A server laid out as on one of the systems in the field: Debian's binary under that system's names. */
export interface Layout {
  name: string;
  unit: string;
  user: string;
  /** What the unit starts, and what else it needs: the server's root folder and configuration are made for it. */
  serverRoot: string;
  pidFile: string;
  /** Files to write: a path's text, or that and a mode. */
  files: Record<string, string | [string, number]>;
  /** Where Debian's binary goes. */
  binary: string;
  /** Relative to the server's root. */
  configuration?: string;
}

const NOTIFY = '#!/bin/sh\nsystemd-notify --ready\nexec cat >/dev/null\n';

/** A prefork with two ports and a map program: two mutexes. `notify` stands for mod_systemd, which Debian does not have. */
function configuration({ user, pidFile }: Layout, notify: boolean): string {
  const modules = ['mpm_prefork', 'authz_core', 'rewrite']
    .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
    .join('\n');
  return `${modules}
ServerName lab
Listen 8090
Listen 8091
User ${user}
Group ${user}
PidFile ${pidFile}
Mutex sysvsem default
RewriteEngine on
RewriteMap lab prg:/bin/cat
ErrorLog /var/log/layout.log
DocumentRoot /var/www/html
${notify ? 'LogFormat "%h" c\nCustomLog "|/usr/local/bin/notify" c\n' : ''}`;
}

/** Makes the server, started and enabled. */
export async function setUp(lab: Lab, layout: Layout): Promise<Apache> {
  const server = new Apache(lab, layout.unit, 8090, '/index.html');
  const { binary, serverRoot, user, unit, files } = layout;
  await lab.sh(
    `mkdir -p $(dirname ${binary}) ${serverRoot} $(dirname ${layout.pidFile}); cp /usr/sbin/apache2 ${binary}; id ${user} >/dev/null 2>&1 || useradd -r -U ${user}; getent group ${user} >/dev/null || groupadd -r ${user}`,
  );
  for (const [path, content] of Object.entries(files)) {
    const [text, mode] = typeof content === 'string' ? [content, 0o644] : content;
    lab.write(path, text, mode);
  }
  const isNotify = Object.values(files).some((text) => text.includes('Type=notify'));
  lab.write('usr/local/bin/notify', NOTIFY, 0o755);
  lab.write(`${serverRoot}/${layout.configuration ?? 'conf/httpd.conf'}`, configuration(layout, isNotify));
  await lab.sh(
    `systemctl daemon-reload; systemctl enable -q ${unit}; systemctl start ${unit} || journalctl -u ${unit}`,
  );
  await until(`${layout.name} to serve`, async () => ((await server.serves()) ? true : null));
  return server;
}

export async function takeDown(lab: Lab, { unit, files, binary, serverRoot }: Layout): Promise<void> {
  const paths = Object.keys(files).map((path) => `/${path}`);
  await lab.sh(
    `systemctl stop ${unit}; systemctl disable -q ${unit}; rm -rf ${[...paths, binary, serverRoot].join(' ')}; systemctl daemon-reload; systemctl reset-failed`,
  );
}

const INSTALL = '[Install]\nWantedBy=multi-user.target\n';

/** As Fedora and RHEL 8 and 9 have it in their package of httpd. */
const RED_HAT = 'Type=notify\nNotifyAccess=all\nKillSignal=SIGWINCH\nKillMode=mixed\nPrivateTmp=true\n';

/** Upstream's, in its essence (httpd: support/apachectl.in). */
const apachectl = (root: string): string => `#!/bin/sh
HTTPD="${root}/bin/httpd -d ${root} -f conf/httpd.conf"
case $1 in
  configtest) exec $HTTPD -t ;;
  start | stop | restart | graceful | graceful-stop) exec $HTTPD -k "$@" ;;
  *) exec $HTTPD "$@" ;;
esac
`;

export const LAYOUTS: Layout[] = [
  {
    name: 'Red Hat and its kin',
    unit: 'httpd.service',
    user: 'apache',
    serverRoot: '/etc/httpd',
    pidFile: '/run/httpd/httpd.pid',
    binary: '/usr/sbin/httpd',
    files: {
      'etc/sysconfig/httpd': 'OPTIONS="-d /etc/httpd -f conf/httpd.conf"\n',
      'usr/lib/systemd/system/httpd.service': `[Service]\n${RED_HAT}EnvironmentFile=/etc/sysconfig/httpd\nExecStart=/usr/sbin/httpd $OPTIONS -DFOREGROUND\nExecReload=/usr/sbin/httpd $OPTIONS -k graceful\n${INSTALL}`,
    },
  },
  {
    name: 'an instance on Red Hat',
    unit: 'httpd@shop.service',
    user: 'apache',
    serverRoot: '/etc/httpd',
    pidFile: '/run/httpd/instance-shop.pid',
    binary: '/usr/sbin/httpd',
    configuration: 'conf/shop.conf',
    files: {
      'usr/lib/systemd/system/httpd@.service': `[Service]\n${RED_HAT}Environment=HTTPD_INSTANCE=%i\nExecStartPre=/bin/mkdir -m 710 -p /run/httpd/instance-%i\nExecStart=/usr/sbin/httpd -d /etc/httpd -DFOREGROUND -f conf/%i.conf -c "PidFile \\"/run/httpd/instance-%i.pid\\""\n${INSTALL}`,
    },
  },
  {
    name: 'cPanel',
    unit: 'httpd.service',
    user: 'nobody',
    serverRoot: '/etc/apache2-cpanel',
    pidFile: '/run/apache2/httpd.pid',
    binary: '/usr/sbin/httpd',
    files: {
      'usr/local/cpanel/scripts/restartsrv_httpd': [
        '#!/bin/sh\nmkdir -p /run/apache2\nexec /usr/sbin/httpd -d /etc/apache2-cpanel -f conf/httpd.conf -k start\n',
        0o755,
      ],
      'etc/systemd/system/httpd.service': `[Service]\nType=forking\nPIDFile=/run/apache2/httpd.pid\nExecStart=/usr/local/cpanel/scripts/restartsrv_httpd --no-verbose\n${INSTALL}`,
    },
  },
  {
    name: 'a software collection',
    unit: 'httpd24-httpd.service',
    user: 'apache',
    serverRoot: '/opt/rh/httpd24/root/etc/httpd',
    pidFile: '/run/httpd24.pid',
    binary: '/opt/rh/httpd24/root/usr/sbin/httpd',
    files: {
      'opt/rh/httpd24/root/usr/sbin/httpd-scl-wrapper': [
        '#!/bin/sh\nexec /opt/rh/httpd24/root/usr/sbin/httpd -d /opt/rh/httpd24/root/etc/httpd -f conf/httpd.conf "$@"\n',
        0o755,
      ],
      'usr/lib/systemd/system/httpd24-httpd.service': `[Service]\n${RED_HAT}ExecStart=/opt/rh/httpd24/root/usr/sbin/httpd-scl-wrapper $OPTIONS -DFOREGROUND\n${INSTALL}`,
    },
  },
  {
    name: 'a build of one’s own in /usr/local/apache2',
    unit: 'web.service',
    user: 'daemon',
    serverRoot: '/usr/local/apache2',
    pidFile: '/usr/local/apache2/logs/httpd.pid',
    binary: '/usr/local/apache2/bin/httpd',
    files: {
      'usr/local/apache2/bin/apachectl': [apachectl('/usr/local/apache2'), 0o755],
      'etc/systemd/system/web.service': `[Service]\nType=forking\nPIDFile=/usr/local/apache2/logs/httpd.pid\nExecStart=/usr/local/apache2/bin/apachectl start\nExecStop=/usr/local/apache2/bin/apachectl graceful-stop\n${INSTALL}`,
    },
  },
  {
    name: 'one in /opt, in the foreground',
    unit: 'shop-frontend.service',
    user: 'shop',
    serverRoot: '/opt/shop',
    pidFile: '/run/shop.pid',
    binary: '/opt/shop/sbin/httpd',
    files: {
      'etc/systemd/system/shop-frontend.service': `[Service]\nExecStart=/opt/shop/sbin/httpd -d \${ROOT} -f conf/httpd.conf -D FOREGROUND\nEnvironment=ROOT=/opt/shop\n${INSTALL}`,
    },
  },
  {
    name: 'SUSE, with a script that starts it',
    unit: 'apache2.service',
    user: 'wwwrun',
    serverRoot: '/etc/apache2-suse',
    pidFile: '/run/httpd.pid',
    binary: '/usr/sbin/httpd-prefork',
    files: {
      'usr/sbin/start_apache2': [
        '#!/bin/bash\nexport FROM_WRAPPER=1\nexec /usr/sbin/httpd-prefork -d /etc/apache2-suse -f conf/httpd.conf "$@"\n',
        0o755,
      ],
      'etc/systemd/system/apache2.service': `[Service]\nType=notify\nNotifyAccess=all\nExecStart=/usr/sbin/start_apache2 -DSYSTEMD -DFOREGROUND -k start\n${INSTALL}`,
    },
  },
];
