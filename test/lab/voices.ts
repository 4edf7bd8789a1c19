import type { Test } from 'tap';
import { Apache, setIds } from './apache.ts';
import { MOST_SETS } from './guard.ts';
import { Lab, until } from './lab.ts';

/** A failure to stage, its cause, and a fact that must be named. */
export interface Failure {
  what: string;
  fail: (stage: Stage) => Promise<unknown>;
  cause: string;
  saw: RegExp;
  /** Restores what the usual reset does not. */
  undo?: (stage: Stage) => Promise<unknown>;
  /** False where no run of the unit fails, so that the journal has no entry with a cause. */
  isLogged?: false;
}

/** What became of a staged failure. */
interface Outcome {
  what: string;
  guarded: boolean;
  cause: string;
  named: string;
  wrongAct: string | null;
}

/** A real apache2 that fails in one way after another, and all commands that say why. */
export class Stage {
  private readonly outcomes: Outcome[] = [];

  private constructor(
    readonly lab: Lab,
    readonly apache: Apache,
  ) {}

  static async boot(): Promise<Stage> {
    const lab = await Lab.boot();
    const apache = await Apache.setUp(lab, 'prefork');
    await lab.installGuard();
    await lab.limitSets(MOST_SETS);
    await lab.sh('SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q apache2');
    return new Stage(lab, apache);
  }

  start(): Promise<unknown> {
    return this.lab.run('systemctl', 'start', this.apache.unit);
  }

  configure(text: string): void {
    this.lab.write('etc/apache2/conf-enabled/zz.conf', text);
  }

  /** Stages each failure without hooks, then with them, and prints at the end what the commands said and did. */
  async play(t: Test, failures: readonly Failure[]): Promise<void> {
    for (const guarded of [false, true]) {
      if (guarded)
        await this.lab.sh(
          `httpd-guard install --quiet --unit ${this.apache.unit}; systemctl stop httpd-guard-watch httpd-guard-recover.path`,
        );
      for (const failure of failures)
        await t.test(`${failure.what}, ${guarded ? 'with hooks' : 'without hooks'}`, async (t) => {
          const began = await this.lab.sh('date +@%s.%6N');
          try {
            await failure.fail(this);
            await until('systemd to be done', async () =>
              /^(failed|inactive)$/.test(await this.show('ActiveState')) ? true : null,
            );
            await this.ask(t, failure, guarded, began);
          } finally {
            await failure.undo?.(this);
            await this.reset();
          }
        });
    }
    for (const row of this.table()) t.comment(row);
    t.strictSame(
      this.outcomes.filter(({ named, cause, wrongAct }) => named !== cause || wrongAct !== null),
      [],
      'every cause is right, and no act is wrong',
    );
    t.equal(this.outcomes.length, 2 * failures.length, 'every failure was judged');
  }

  /** All of diagnose, recover, check, nagios and the journal must name the cause; recover may act on a leak alone. */
  private async ask(
    t: Test,
    { what, cause, saw, isLogged }: Failure,
    guarded: boolean,
    began: string,
  ): Promise<void> {
    const invocation = await this.show('InvocationID');
    const found = await this.json('diagnose');
    const outcome: Outcome = { what, guarded, cause, named: String(found['cause']), wrongAct: null };
    this.outcomes.push(outcome);
    t.equal(found['cause'], cause, 'diagnose');
    const evidence = found['evidence'] as { rule: string; saw: string }[];
    t.match(evidence.map((one) => one.saw).join('\n'), saw);
    const logged = evidence.find(({ rule }) => rule === 'line')?.saw;
    await this.askMonitoring(t, cause, guarded, cause === 'other' ? logged : undefined);
    outcome.wrongAct = await this.recover(t, cause);
    t.equal(outcome.wrongAct, null, 'what recover does');
    // With hooks a leak is prevented, so that this one is staged without them.
    if (!guarded || invocation === '' || isLogged === false || cause === 'semaphore-leak') return;
    const journal = await this.lab.sh(
      `journalctl --sync; journalctl -q -o cat --output-fields=HTTPD_GUARD_CAUSE --since=${began} -u ${this.apache.unit} MESSAGE_ID=e72fd98e7e3a4d33a272965867eb60b7`,
    );
    t.equal(journal.split('\n').at(-1), cause, 'the journal');
  }

  /** `logged`: the line to be named beside the cause, if any. */
  private async askMonitoring(t: Test, cause: string, guarded: boolean, logged = ''): Promise<void> {
    const isFine = cause === 'stopped-by-admin';
    const isForSets = cause.startsWith('semaphore-');
    // With hooks, and the watcher stopped, at least that is a warning.
    const status = isFine && !guarded ? 'ok' : isForSets ? 'critical' : 'warning';
    const reason = isForSets ? /is down/ : new RegExp(`is down \\(${cause}\\)`);
    const report = await this.json('check');
    t.equal(report['status'], status);
    if (!isFine) t.match((report['reasons'] as string[]).join('\n'), reason);
    const nagios = await this.run('check', '--format', 'nagios');
    t.match(nagios, `HTTPD-GUARD ${status.toUpperCase()} - `);
    if (!isFine) t.match(nagios, reason);
    t.ok(nagios.includes(logged), nagios);
    t.match(
      (await this.run('check')).split('\n')[0],
      isFine ? /is down: it was stopped/ : isForSets ? /table/ : /is down, not because of semaphores/,
    );
  }

  /** Recovers for real. Returns what was wrong about it: anything done but for a leak, which must be over; null if nothing. */
  private async recover(t: Test, cause: string): Promise<string | null> {
    const { lab, apache } = this;
    const before = [await this.show('InvocationID'), await this.show('ActiveState')].join(' ');
    const sets = await setIds(lab);
    const { outcome, cause: named, steps } = await this.json('recover');
    t.equal(named, cause, 'recover');
    if (cause === 'semaphore-leak')
      return outcome === 'recovered' && (await apache.serves()) ? null : `a leak: ${String(outcome)}`;
    const after = [await this.show('InvocationID'), await this.show('ActiveState')].join(' ');
    if (after !== before) return `it was ${before} and is ${after}`;
    if (String(await setIds(lab)) !== String(sets)) return 'sets were removed';
    return (steps as unknown[]).length === 0 ? null : JSON.stringify(steps);
  }

  /** One line for each failure, and their sum. */
  private table(): string[] {
    const right = (one: Outcome): boolean => one.named === one.cause;
    const wrongActs = this.outcomes.filter(({ wrongAct }) => wrongAct !== null).length;
    return [
      ...this.outcomes.map((one) =>
        [
          one.guarded ? 'hooks   ' : 'no hooks',
          right(one) ? 'right' : 'WRONG',
          one.named.padEnd(24),
          one.what,
          ...(one.wrongAct === null ? [] : [`WRONG ACT: ${one.wrongAct}`]),
        ].join('  '),
      ),
      `${this.outcomes.length} failures, ${this.outcomes.filter(right).length} causes right, ${wrongActs} wrong acts`,
    ];
  }

  private async json(...words: string[]): Promise<Record<string, unknown>> {
    return JSON.parse(await this.run(...words, '--json')) as Record<string, unknown>;
  }

  private async run(...words: string[]): Promise<string> {
    const { stdout, stderr } = await this.lab.run('httpd-guard', ...words, '--unit', this.apache.unit);
    if (stdout === '') throw new Error(`${words.join(' ')}: ${stderr}`);
    return stdout;
  }

  private show(property: string): Promise<string> {
    return this.lab.sh(`systemctl show -P ${property} ${this.apache.unit}`);
  }

  private async reset(): Promise<void> {
    this.configure('');
    await this.lab.run('systemctl', 'stop', this.apache.unit, 'holder');
    await this.lab.sh(
      `pkill -9 -x apache2 || true; rm -f /etc/systemd/system/apache2.service.d/zz.conf /run/apache2/apache2.pid; systemctl daemon-reload; systemctl reset-failed; ipcrm --all=sem; : >/var/log/apache2/error.log; rm -f /var/lib/httpd-guard/*.recoveries`,
    );
  }
}

/** Proxy balancers, each with a mutex of its own. */
export const balancers = (length: number): string =>
  [
    ...['proxy_balancer', 'slotmem_shm', 'lbmethod_byrequests', 'proxy_http'].map(
      (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
    ),
    ...Array.from(
      { length },
      (_, i) => `<Proxy balancer://b${i}>\nBalancerMember http://127.0.0.1:9000\n</Proxy>`,
    ),
    '',
  ].join('\n');
