import type { Random } from '../core/verdict/random.ts';
import { Apache, type Mpm, MAKE_SETS, WWW_DATA, makeSets } from './apache.ts';
import { CREATE_FAILED, Guard, MOST_SETS } from './guard.ts';
import { Lab } from './lab.ts';
import { endByMemoryLimit, removeMemoryLimit } from './out-of-memory.ts';

/** Until httpd serves again by itself; the watcher's retries take up to half a minute. */
const MOST_DOWN_MS = 60_000;
/** A start that succeeds serves within this time. */
const MOST_START_MS = 3_000;

/** What one event did to a server. */
export interface Turn {
  /** The start that belongs to the event did not lead to a server that serves. */
  startFailed: boolean;
  /** It did not serve again by itself. */
  stayedDown: boolean;
  /** Requests of the client that failed. */
  errors: number;
  /** From the event until it served. */
  downMs: number;
  /** Lines of the error log about sets that are gone. */
  lost: string;
  /** What was known of it while it stayed down. */
  story: string;
}

/** Asks for a page some 40 times a second, and writes a line for each request that fails. */
const CLIENT = `#!/usr/bin/perl
use IO::Socket::INET;
open my $log, ">>", "/run/errors"; $log->autoflush(1);
until (-e "/run/over") {
  my $answer = "";
  my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:80", Timeout => 2);
  if ($server) { print $server "GET / HTTP/1.0\\r\\n\\r\\n"; $answer = <$server> // ""; 1 while <$server>; close $server; }
  print $log "$answer\\n" unless $answer =~ / 200 /;
  select undef, undef, undef, 0.025;
}
`;

/** A server in a lab of its own, with a client that asks all the time; guarded, or cleared by hand whenever it is down. */
export class SoakServer {
  private constructor(
    readonly lab: Lab,
    readonly apache: Apache,
    private readonly guard: Guard | null,
  ) {}

  static async boot(mpm: Mpm, isGuarded: boolean): Promise<SoakServer> {
    const lab = await Lab.boot();
    try {
      const apache = await Apache.setUp(lab, mpm);
      lab.write('usr/local/bin/make-sets', MAKE_SETS, 0o755);
      lab.write('root/client', CLIENT, 0o755);
      await lab.limitSets(MOST_SETS);
      // Events follow each other faster than systemd allows starts, with the guard or without.
      lab.write('etc/systemd/system/apache2.service.d/20-soak.conf', '[Unit]\nStartLimitIntervalSec=0\n');
      await lab.sh('systemctl daemon-reload');
      const guard = isGuarded ? await Guard.install(lab, apache) : null;
      guard?.configure('settle = 0.5');
      const server = new SoakServer(lab, apache, guard);
      await apache.start();
      await lab.sh('setsid -f /root/client >/dev/null 2>&1');
      return server;
    } catch (error) {
      lab.end();
      throw error;
    }
  }

  /** Memory, open files and journal of the guard's watcher. */
  async use(): Promise<string> {
    const text = await this.lab.sh(
      'pid=$(systemctl show -P MainPID httpd-guard-watch); grep VmRSS /proc/$pid/status | tr -s "\\t " " "; ls /proc/$pid/fd | wc -l; journalctl -o cat | wc -l',
    );
    const [memory, files, lines] = text.trim().split('\n');
    return `${memory?.replace('VmRSS: ', '')} of memory, ${files} open files, ${lines} lines in the journal`;
  }

  async turn(event: SoakEvent, dice: number): Promise<Turn> {
    const errorsBefore = await this.count('/run/errors');
    const logBefore = await this.count('/var/log/apache2/error.log');
    const beganMs = performance.now();
    await event.act(this, dice);
    const actedMs = performance.now();
    const servesWithin = async (mostMs: number): Promise<boolean> => {
      do if (await this.apache.serves()) return true;
      while (performance.now() - actedMs < mostMs);
      return false;
    };
    const startFailed = !(await servesWithin(MOST_START_MS));
    await event.after?.(this);
    if (startFailed && this.guard === null) await this.start();
    const isBack = await servesWithin(MOST_DOWN_MS);
    const downMs = performance.now() - beganMs;
    const story = isBack || this.guard === null ? '' : await this.story();
    if (!isBack) await this.clearAndStart();
    const { stdout: lost } = await this.lab.run(
      'sh',
      '-c',
      `tail -n +$((${logBefore} + 1)) /var/log/apache2/error.log | grep -E 'AH00144|AH00272|Identifier removed'`,
    );
    // The rate limit is for outages that last; these are made.
    await this.guard?.forgetTries();
    const errors = (await this.count('/run/errors')) - errorsBefore;
    return { startFailed, stayedDown: !isBack, errors, downMs, lost, story };
  }

  async start(): Promise<void> {
    if (this.guard === null) return this.clearAndStart();
    await this.lab.run('sh', '-c', 'systemctl reset-failed apache2; systemctl start apache2');
  }

  /** By hand, what the guard's ExecStopPost does by itself. */
  async clear(): Promise<void> {
    if (this.guard === null) await this.lab.sh(removeSetsOf(WWW_DATA));
  }

  /** As an admin does who knows what is wrong. */
  private async clearAndStart(): Promise<void> {
    await this.lab.run(
      'sh',
      '-c',
      `systemctl stop apache2; ${removeSetsOf(WWW_DATA)}; systemctl reset-failed apache2; systemctl start apache2`,
    );
  }

  /** What is known of a server that does not serve. */
  private async story(): Promise<string> {
    const { stdout } = await this.lab.run(
      'sh',
      '-c',
      'systemctl show -p ActiveState,SubState,Result,MainPID,ExecMainStatus apache2; cat /proc/sysvipc/sem; systemctl list-jobs; ls -la /run/httpd-guard /run/httpd-guard-watch; httpd-guard diagnose; journalctl --no-pager -o short-precise -n 60; tail -n 20 /var/log/apache2/error.log',
    );
    return stdout;
  }

  private async count(file: string): Promise<number> {
    return Number((await this.lab.run('sh', '-c', `cat ${file} | wc -l`)).stdout);
  }

  async end(): Promise<void> {
    await this.lab.run('touch', '/run/over');
    this.lab.end();
    removeMemoryLimit(this.lab);
  }
}

export interface SoakEvent {
  name: string;
  /** Whether a server that is well goes on serving. */
  isHarmless: boolean;
  /** `dice` is the same for both servers. */
  act: (server: SoakServer, dice: number) => Promise<unknown>;
  /** Ends what keeps it from starting. */
  after?: (server: SoakServer) => Promise<unknown>;
}

const OTHERS = 1234;
const removeSetsOf = (uid: number): string =>
  `awk 'NR > 1 && $5 == ${uid} { print $2 }' /proc/sysvipc/sem | xargs -r -n 1 ipcrm -s`;
const line = (server: SoakServer, script: string): Promise<unknown> => server.lab.run('sh', '-c', script);
const thenStart = async (server: SoakServer, action: Promise<unknown>): Promise<void> => {
  await action;
  await server.start();
};

export const OUT_OF_MEMORY: SoakEvent = {
  name: 'killed by the OOM killer',
  isHarmless: false,
  act: (server) => thenStart(server, endByMemoryLimit(server.lab)),
};

export const SOAK_EVENTS: readonly SoakEvent[] = [
  {
    name: 'kill -9 of the master',
    isHarmless: false,
    act: (server) => thenStart(server, line(server, 'kill -9 $(cat /run/apache2/apache2.pid)')),
  },
  {
    name: 'kill -9 of all',
    isHarmless: false,
    act: (server) => thenStart(server, server.apache.kill9()),
  },
  { name: 'reload', isHarmless: true, act: (server) => line(server, 'systemctl reload apache2') },
  {
    name: 'stop and start',
    isHarmless: false,
    act: (server) => line(server, 'systemctl stop apache2; systemctl start apache2'),
  },
  { name: 'restart', isHarmless: false, act: (server) => line(server, 'systemctl restart apache2') },
  {
    name: 'kill -9, and another user fills the table',
    isHarmless: false,
    act: async (server) => {
      await server.apache.kill9();
      await server.clear();
      await line(server, `setpriv --reuid=${OTHERS} --clear-groups make-sets ${MOST_SETS} ${OTHERS} 0 1`);
      await server.start();
    },
    after: (server) => line(server, removeSetsOf(OTHERS)),
  },
  {
    name: 'orphaned sets while it runs',
    isHarmless: true,
    act: (server, dice) => makeSets(server.lab, 1 + (dice % 4), { uid: WWW_DATA }).catch(() => undefined),
  },
  {
    name: 'forged lines',
    isHarmless: true,
    act: (server) => server.lab.run('systemd-cat', '-t', 'httpd', 'echo', CREATE_FAILED),
  },
];

export function pickEvent(random: Random, events: readonly SoakEvent[]): SoakEvent {
  return events[random.from(0, events.length - 1)] ?? OUT_OF_MEMORY;
}
