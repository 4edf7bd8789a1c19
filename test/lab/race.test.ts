import t from 'tap';
import { Apache, WWW_DATA, clean, setIds } from './apache.ts';
import { Lab } from './lab.ts';

const ROUNDS = 15;

void t.test('continuous removal while servers start, reload, are killed and stop', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const a = await Apache.setUp(lab, 'prefork');
  const b = await a.addInstance('b', 8080);
  await lab.installGuard();
  await lab.sh(
    'httpd-guard check || true; httpd-guard install --unit apache2; httpd-guard install --unit apache2@b',
  );

  let over = false;
  const cleaner = async (): Promise<number> => {
    let removed = 0;
    while (!over) removed += (await clean(lab, '--unit', 'apache2')).removed.length;
    return removed;
  };
  const server = async (apache: Apache, ...ends: (() => Promise<unknown>)[]): Promise<number> => {
    let served = 0;
    for (let round = 0; round < ROUNDS; round++) {
      if ((await apache.tryStart()) && (await apache.serves())) served++;
      await ends[round % ends.length]?.();
    }
    return served;
  };
  const systemctl =
    (verb: string, { unit }: Apache) =>
    (): Promise<unknown> =>
      lab.run('systemctl', verb, unit);

  const cleaners = [cleaner(), cleaner()];
  const served = await Promise.all([
    server(a, () => a.kill9(), systemctl('reload', a), systemctl('stop', a)),
    server(b, systemctl('reload', b), () => b.kill9(), systemctl('restart', b)),
  ]);
  over = true;
  await Promise.all(cleaners);

  t.strictSame(served, [ROUNDS, ROUNDS], 'every start serves');
  t.equal(await a.mutexErrors(), '', 'no server ever missed a mutex');
  await a.kill9();
  await b.kill9();
  await clean(lab);
  t.strictSame(await setIds(lab, WWW_DATA), [], 'and in the end nothing is left');
});
