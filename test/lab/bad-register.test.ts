import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

const STATE = '/var/lib/httpd-guard';
const RUN = '/run/httpd-guard';

/** Two instances of one user: without the register, the older one keeps the sets of a killed one from being removed. */
class Host {
  private constructor(
    readonly lab: Lab,
    readonly a: Apache,
    readonly b: Apache,
    readonly guard: Guard,
  ) {}

  static async setUp(t: Test): Promise<Host> {
    const lab = await Lab.boot();
    t.teardown(() => {
      lab.end();
    });
    const a = await Apache.setUp(lab);
    const b = await a.addInstance('b', 8080);
    const guard = await Guard.install(lab, a, b);
    await lab.limitSets(100);
    await b.start();
    await guard.rests();
    await a.start();
    await guard.rests();
    return new Host(lab, a, b, guard);
  }

  /** How many sets have a proven owner. */
  async owned(unshare: readonly string[] = []): Promise<number> {
    const { stdout } = await this.lab.run(
      'env',
      ...unshare,
      'httpd-guard',
      'check',
      '--json',
      '--unit',
      this.a.unit,
    );
    const { sets } = JSON.parse(stdout) as { sets: { owner: object | null }[] };
    return sets.filter(({ owner }) => owner !== null).length;
  }

  /** One after the other: the sets that launchers of two starts at once make are not proven to be of either. */
  async restart(): Promise<void> {
    for (const { unit } of [this.a, this.b]) {
      await this.lab.sh(`systemctl restart ${unit}`);
      await this.guard.rests();
    }
  }

  /** Whether the register in a folder is whole. */
  async isWhole(folder = STATE): Promise<boolean> {
    const text = `${await this.lab.sh(`cat ${folder}/register`)}\n`;
    return /^httpd-guard register 1\nuids [\d ]*\njson \{.*\}\nend\n$/.test(text);
  }

  drafts(): string[] {
    return readdirSync(join(this.lab.root, STATE)).filter((name) => name.startsWith('.httpd-guard.register'));
  }

  /** Nothing of a running server is removed, whatever the register says. */
  async harmsNobody(t: Test): Promise<void> {
    const before = await setIds(this.lab, WWW_DATA);
    await this.lab.run('httpd-guard', 'clean', '--quiet');
    t.strictSame(await setIds(this.lab, WWW_DATA), before, 'every set is kept');
    for (const server of [this.a, this.b]) {
      t.ok(await server.serves());
      t.equal(await server.mutexErrors(), '');
    }
  }

  /** With a register the sets of a killed run go, although an older server of the same user is running. */
  async clearsAfterKill(t: Test): Promise<void> {
    const before = await setIds(this.lab, WWW_DATA);
    await this.a.kill9();
    const left = await setIds(this.lab, WWW_DATA);
    t.ok(left.length < before.length, `${before.length - left.length} sets removed`);
    t.ok(await this.b.serves());
    await this.a.start();
    await this.guard.rests();
  }
}

void t.test('a register that is written, torn or lost in every way', async (t) => {
  const host = await Host.setUp(t);
  const { lab } = host;
  const all = await host.owned();
  t.ok(all > 3, `${all} sets have an owner`);

  await t.test('many writers at once', async (t) => {
    await lab.sh(
      `for i in 1 2 3; do rm -f ${STATE}/register; for j in 1 2 3 4 5 6; do httpd-guard check --quiet >/dev/null & done; wait; done`,
    );
    t.ok(await host.isWhole());
    t.strictSame(host.drafts(), []);
    await host.harmsNobody(t);
    // What all of them could not see is proven again by the next run.
    await host.restart();
    t.equal(await host.owned(), all);
    await host.clearsAfterKill(t);
  });

  await t.test('a writer that is killed at any moment', async (t) => {
    for (let i = 0; i < 20; i++) {
      // A register that is news: the last one said less.
      await lab.run('timeout', '-s', 'KILL', String(0.05 + i * 0.015), 'httpd-guard', 'check', '--quiet');
      if (!(await host.isWhole())) t.fail(`kill ${i}: torn`);
    }
    lab.write(`${STATE.slice(1)}/.httpd-guard.register.4000000`, 'httpd-guard register 1\nuids');
    await lab.sh(`systemctl reload ${host.a.unit}`);
    // The look comes some seconds after the reload.
    await until('the next writer to remove the draft of a killed one', () =>
      Promise.resolve(host.drafts().length === 0 ? true : null),
    );
    await host.guard.rests();
    t.equal(await host.owned(), all);
    await host.clearsAfterKill(t);
  });

  await t.test('a restored snapshot: the same boot id, and time is back', async (t) => {
    await lab.sh(`sed -i 's/"lookedMs":[0-9.]*/"lookedMs":9e12/' ${STATE}/register; rm -f ${RUN}/register`);
    t.equal(await host.owned(), 0, 'as if there were none');
    await host.harmsNobody(t);
    await host.restart();
    t.equal(await host.owned(), all);
  });

  await t.test('another IPC namespace neither uses nor replaces it', async (t) => {
    const before = readFileSync(join(lab.root, STATE, 'register'), 'utf8');
    t.equal(await host.owned(['unshare', '--ipc']), 0);
    t.equal(readFileSync(join(lab.root, STATE, 'register'), 'utf8'), before);
    t.equal(await host.owned(), all);
  });

  await t.test('a pid namespace of its own, as in a container that shares the table', async (t) => {
    await lab.run('unshare', '--pid', '--fork', '--mount-proc', 'httpd-guard', 'clean', '--quiet');
    await host.harmsNobody(t);
    t.equal(await host.owned(), all);
    await host.clearsAfterKill(t);
  });

  await t.test('/var is full: it is kept in /run', async (t) => {
    await lab.sh(
      `cp -a ${STATE} /tmp/kept; mount -t tmpfs -o size=64k,mode=755 none ${STATE}; cp -a /tmp/kept/. ${STATE}/; mountpoint -q ${STATE} && head -c 65536 /dev/zero >${STATE}/filler 2>/dev/null; true`,
    );
    await host.restart();
    t.ok(await host.isWhole(RUN));
    t.equal(await host.owned(), all);
    await host.clearsAfterKill(t);
    await host.harmsNobody(t);
    await lab.sh(`umount ${STATE}`);
  });
});
