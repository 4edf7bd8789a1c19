import t from 'tap';
import { Apache, WWW_DATA, clean, letSetsAge, setIds } from './apache.ts';
import { Lab } from './lab.ts';

void t.test('two instances of one user', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const a = await Apache.setUp(lab);
  const b = await a.addInstance('b', 8080);
  await lab.installGuard();

  await t.test('leaked sets are kept while a running httpd could know them', async (t) => {
    await b.start();
    const ofB = await setIds(lab, WWW_DATA);
    await letSetsAge(lab);
    await a.start();
    const all = await setIds(lab, WWW_DATA);
    await a.kill9();
    t.strictSame((await clean(lab)).removed, [], 'b began before these sets were made');
    t.strictSame(await setIds(lab, WWW_DATA), all);
    t.ok(all.length > ofB.length, 'and a did leave some');
    t.ok(await b.serves());
  });

  await t.test(
    'once the running httpd is younger than the sets, they are removed and its own are kept',
    async (t) => {
      await b.kill9();
      await letSetsAge(lab);
      const dead = await setIds(lab, WWW_DATA);
      await b.start();
      const ofB = (await setIds(lab, WWW_DATA)).filter((id) => !dead.includes(id));
      t.ok(ofB.length > 0);
      const { removed, exitCode } = await clean(lab);
      t.strictSame(new Set(removed), new Set(dead));
      t.equal(exitCode, 0);
      t.strictSame(await setIds(lab, WWW_DATA), ofB);
      t.ok(await b.serves());
    },
  );

  await t.test('removing sets before a start does not touch the other server', async (t) => {
    t.equal((await lab.run('httpd-guard', 'install', '--unit', 'apache2.service')).exitCode, 0);
    t.equal((await lab.run('httpd-guard', 'install', '--unit', 'apache2@b')).exitCode, 0);
    const before = await setIds(lab, WWW_DATA);
    for (let cycle = 0; cycle < 3; cycle++) {
      t.ok(await a.tryStart());
      t.ok(await b.serves());
      await a.kill9();
    }
    t.ok(await b.serves());
    const after = await setIds(lab, WWW_DATA);
    t.ok(
      before.every((id) => after.includes(id)),
      'each set of b is still there',
    );
    t.equal(await b.mutexErrors(), '');
  });
});

void t.test('a running instance of another user keeps sets that are younger than it', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const a = await Apache.setUp(lab);
  const b = await a.addInstance('b', 8080);
  await lab.sh(
    'useradd customer; sed -i s/=www-data/=customer/ /etc/apache2-b/envvars; chown -R customer /var/log/apache2-b',
  );
  await lab.installGuard();
  await b.start();
  await letSetsAge(lab);
  await a.start();
  await a.kill9();
  const all = await setIds(lab);
  const { removed, kept, exitCode } = await clean(lab, '--unit', 'apache2');
  t.strictSame(removed, [], 'what users a server has, or had before a reload, cannot be told from outside');
  t.equal(exitCode, 3);
  t.match(
    kept.find(({ verdict }) => verdict === 'unsure'),
    { evidence: [{ rule: 'could-be-known' }] },
  );
  await letSetsAge(lab);
  await lab.sh('systemctl restart apache2@b');
  t.ok((await clean(lab, '--unit', 'apache2')).removed.length > 0, 'once it was restarted, they go');
  t.ok((await setIds(lab)).length < all.length);
  t.ok(await b.serves());
  t.equal(await b.mutexErrors(), '');
});
