import t from 'tap';
import { Apache, type Mpm, WWW_DATA, clean, setIds } from './apache.ts';
import { Lab } from './lab.ts';

const CYCLES = 20;

for (const mpm of ['prefork', 'worker', 'event'] satisfies Mpm[]) {
  void t.test(`${mpm}: killed until it cannot start; guarded, it always starts`, async (t) => {
    const lab = await Lab.boot();
    t.teardown(() => {
      lab.end();
    });
    const apache = await Apache.setUp(lab, mpm);
    await lab.installGuard();
    await lab.limitSets(12);

    let starts = 0;
    while (await apache.tryStart()) {
      if (++starts > 12) break;
      await apache.kill9();
    }
    t.ok(starts >= 1 && starts <= 12, `without the guard, start number ${starts + 1} is the last straw`);
    const log = await lab.sh('cat /var/log/apache2/error.log; journalctl -o cat -u apache2');
    t.match(log, '(28)No space left on device', 'and it says that the disk is full');

    const check = await lab.run('httpd-guard', 'check');
    t.equal(check.exitCode, 2, 'check is critical');
    t.match(check.stdout, 'apache2.service cannot start: the semaphore table is full');
    t.match(check.stdout, /^orphan: 1\d /m, 'and calls the sets orphans');

    t.equal((await lab.run('httpd-guard', 'install')).exitCode, 0);
    // Else what is left would be gone before the start.
    await apache.dropIn('zz.conf', 'ExecStopPost=');
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      if (!(await apache.tryStart())) t.fail(`start ${cycle} with the guard`);
      await apache.kill9();
    }
    t.ok(await apache.tryStart(), `with the guard it starts after ${CYCLES} more kill -9`);

    const mine = await setIds(lab, WWW_DATA);
    const { removed } = await clean(lab);
    t.strictSame(removed, [], 'of the running server nothing is removed');
    t.strictSame(await setIds(lab, WWW_DATA), mine);
    t.ok(await apache.serves());
    t.equal(await apache.mutexErrors(), '');
  });
}
