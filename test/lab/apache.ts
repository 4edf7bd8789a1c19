import { type Lab, until } from './lab.ts';

export type Mpm = 'prefork' | 'worker' | 'event';

/** A real apache2 in the lab, set up so that a kill -9 leaks: System V mutexes, and modules that have some. */
export class Apache {
  constructor(
    readonly lab: Lab,
    readonly unit = 'apache2.service',
    readonly port = 80,
    readonly page = '/',
  ) {}

  static async setUp(lab: Lab, mpm: Mpm = 'event'): Promise<Apache> {
    await lab.sh(
      `a2dismod -q -f mpm_event; a2enmod -q mpm_${mpm} ssl proxy rewrite; rm -f /etc/apache2/sites-enabled/*`,
    );
    // Two ports: with one alone, prefork needs no accept mutex. A map program: its mutex is never locked until it is used.
    lab.write(
      'etc/apache2/conf-enabled/lab.conf',
      'ServerName lab\nMutex sysvsem default\nListen 81\nRewriteEngine on\nRewriteMap lab prg:/bin/cat\n',
    );
    const apache = new Apache(lab);
    await apache.dropIn('10-lab.conf', 'Restart=no');
    return apache;
  }

  /** A second instance of the same user, as README.multiple-instances of Debian's package has it. */
  async addInstance(suffix: string, port: number): Promise<Apache> {
    await this.lab.sh(
      `cp -a /etc/apache2 /etc/apache2-${suffix}; echo Listen ${port} >/etc/apache2-${suffix}/ports.conf; sed -i '/^Listen/d' /etc/apache2-${suffix}/conf-enabled/lab.conf; mkdir -p /var/log/apache2-${suffix}`,
    );
    const instance = new Apache(this.lab, `apache2@${suffix}.service`, port);
    await instance.dropIn('10-lab.conf', 'Restart=no');
    return instance;
  }

  /** A drop-in with lines for [Service]. */
  async dropIn(name: string, ...lines: string[]): Promise<void> {
    this.lab.write(`etc/systemd/system/${this.unit}.d/${name}`, ['[Service]', ...lines, ''].join('\n'));
    await this.lab.sh('systemctl daemon-reload');
  }

  async start(): Promise<void> {
    await this.lab.sh(`systemctl start ${this.unit}`);
    await until(`${this.unit} to serve`, async () => ((await this.serves()) ? true : null));
  }

  /** Tries to start it; true when it is active and serves. */
  async tryStart(): Promise<boolean> {
    await this.lab.run('systemctl', 'reset-failed', this.unit);
    await this.lab.run('systemctl', 'start', this.unit);
    return this.serves();
  }

  /** One request on a connection of its own, answered within 2 s. */
  async serves(): Promise<boolean> {
    const { stdout } = await this.lab.run(
      'curl',
      '-s',
      '-m',
      '2',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      `http://127.0.0.1:${this.port}${this.page}`,
    );
    return stdout === '200';
  }

  /** The living master by its pid file, else 0. systemd guesses, and knows none while a piped log has its own program. */
  async masterPid(): Promise<number> {
    const suffix = /@(.*)\.service$/.exec(this.unit)?.[1];
    const file = `/run/apache2${suffix === undefined ? '' : `-${suffix}`}/apache2.pid`;
    return Number(
      await this.lab.sh(`pid=$(cat ${file} 2>/dev/null) && kill -0 $pid 2>/dev/null && echo $pid || echo 0`),
    );
  }

  /** SIGKILL to every process of the unit, as an impatient admin does; waits until all are gone. */
  async kill9(): Promise<void> {
    // "-P" is newer than systemd 245.
    const group = await this.lab.sh(`systemctl show --value -p ControlGroup ${this.unit}`);
    // "systemctl kill" of newer systemd (cgroup.kill) may catch ExecStopPost as well.
    await this.lab.run('sh', '-c', `xargs kill -9 <'/sys/fs/cgroup${group}/cgroup.procs'`);
    await until(`${this.unit} to be dead`, async () => {
      const { stdout } = await this.lab.run('systemctl', 'is-active', this.unit);
      return /^(failed|inactive)/.test(stdout) ? true : null;
    });
  }

  /** The error log's lines that a removed or lost mutex causes. */
  async mutexErrors(): Promise<string> {
    const { stdout } = await this.lab.run(
      'sh',
      '-c',
      "cat /var/log/apache2*/error.log | grep -E '\\((43|22)\\)|AH00144|AH00272'",
    );
    return stdout;
  }
}

/** The ids of all semaphore sets in the lab, as the kernel lists them; of one user's only when a uid is given. */
export async function setIds(lab: Lab, uid?: number): Promise<number[]> {
  const rows = (await lab.sh('tail -n +2 /proc/sysvipc/sem')).split('\n').filter((line) => line !== '');
  return rows
    .map((line) => line.trim().split(/ +/).map(Number))
    .filter((fields) => uid === undefined || fields[4] === uid)
    .map((fields) => fields[1] ?? -1);
}

export const WWW_DATA = 33;

export interface CleanReport {
  exitCode: number;
  stderr: string;
  removed: number[];
  kept: { id: number; verdict: string; evidence: { rule: string; saw: string }[] }[];
  failed: { id: number; error: string }[];
}

/** Runs `httpd-guard clean` with the given words and reads its JSON. */
export async function clean(lab: Lab, ...words: string[]): Promise<CleanReport> {
  const { exitCode, stdout, stderr } = await lab.run('httpd-guard', 'clean', '--json', ...words);
  const empty = { removed: [], kept: [], failed: [] };
  return { exitCode, stderr, ...(stdout === '' ? empty : (JSON.parse(stdout) as typeof empty)) };
}

/** Waits until the wall clock is so far past a set's making that its age can be told from what begins now. */
export async function letSetsAge(lab: Lab): Promise<void> {
  const made = Number(
    await lab.sh("awk 'NR > 1 && $10 > most { most = $10 } END { print most + 0 }' /proc/sysvipc/sem"),
  );
  await until('the sets to be old', () => (Date.now() / 1000 > made + 3.1 ? true : null));
}

/** Makes sets with perl's own semget. `script` runs in a process that then waits, or ends when `stays` is false. */
export async function makeSets(
  lab: Lab,
  count: number,
  { uid, key = 0, nsems = 1, as = 0 }: { uid: number; key?: number; nsems?: number; as?: number },
): Promise<void> {
  lab.write('usr/local/bin/make-sets', MAKE_SETS, 0o755);
  await lab.sh(`setpriv --reuid=${as} --clear-groups make-sets ${count} ${uid} ${key} ${nsems}`);
}

/** semget, SETVAL 1, then IPC_SET of the owner (perl hands the struct as bytes: uid and gid follow the key). */
export const MAKE_SETS = `#!/usr/bin/perl
my ($count, $uid, $key, $nsems) = @ARGV;
for my $i (1 .. $count) {
  my $id = semget($key ? $key + $i : 0, $nsems, 0600 | 01000);
  defined $id or die "semget: $!";
  semctl($id, 0, 16, 1);
  my $ds = "";
  semctl($id, 0, 2, $ds) or die "IPC_STAT: $!";
  substr($ds, 4, 8) = pack("LL", $uid, $uid);
  semctl($id, 0, 1, $ds) or die "IPC_SET: $!";
}
`;
