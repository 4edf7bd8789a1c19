import t from 'tap';
import { Apache, WWW_DATA, letSetsAge, setIds } from './apache.ts';
import { Lab } from './lab.ts';

/** Modules whose locks `Mutex` does not reach. */
const MODULES = ['jk', 'qos', 'security2', 'python'] as const;

/**
 * APR 1.6, whose default mechanism is sysvsem, as on RHEL 7 and 8: these modules ask for the default (apr_thread_proc.h,
 * APR_LOCK_DEFAULT is 5, APR_LOCK_SYSVSEM 2).
 */
const APR_16 = `
void *dlsym(void *handle, const char *name);
int apr_proc_mutex_create(void *mutex, const char *file, int mechanism, void *pool) {
  int (*create)(void *, const char *, int, void *) = dlsym((void *)-1L, "apr_proc_mutex_create");
  return create(mutex, file, mechanism == 5 ? 2 : mechanism, pool);
}
int apr_global_mutex_create(void *mutex, const char *file, int mechanism, void *pool) {
  int (*create)(void *, const char *, int, void *) = dlsym((void *)-1L, "apr_global_mutex_create");
  return create(mutex, file, mechanism == 5 ? 2 : mechanism, pool);
}
`;
const MOST = 40;

void t.test('modules with locks of their own leak although httpd has Mutex pthread', async (t) => {
  const lab = await Lab.boot(...MODULES.map((name) => `libapache2-mod-${name}`), 'tcc');
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  await lab.installGuard();
  await lab.limitSets(MOST);
  await lab.sh('SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q apache2');
  lab.write('root/apr.c', APR_16);
  await lab.sh('tcc -shared -nostdlib -o /usr/local/lib/apr-1.6.so /root/apr.c');
  // Debian's mod_qos has it from an older Apache.
  const pcre = await lab.sh('ls /usr/lib/*/libpcre.so.3');
  await apache.dropIn('20-apr.conf', `Environment="LD_PRELOAD=/usr/local/lib/apr-1.6.so ${pcre}"`);
  lab.write(
    'etc/apache2/conf-enabled/lab.conf',
    'ServerName lab\nMutex pthread default\nListen 81\n<IfModule mod_qos.c>\nQS_SrvMaxConnPerIP 50\n</IfModule>\n<IfModule mod_security2.c>\nSecRuleEngine On\n</IfModule>\n',
  );
  const json = async (...words: string[]) =>
    JSON.parse((await lab.run('httpd-guard', ...words, '--json')).stdout) as Record<string, unknown>;
  const sets = async (): Promise<number> => (await setIds(lab, WWW_DATA)).length;

  await t.test('each module makes sets', async (t) => {
    for (const name of MODULES) {
      await lab.sh(`a2dismod -q -f ${MODULES.join(' ')}; a2enmod -q ${name}`);
      await apache.start();
      const { length } = await setIds(lab, WWW_DATA);
      t.ok(length > 0, `mod_${name} makes ${length}`);
      await lab.sh('systemctl stop apache2');
      t.equal((await setIds(lab)).length, 0, `${name}: a stop removes them`);
    }
    await lab.sh(`a2enmod -q ${MODULES.join(' ')}`);
  });

  await t.test('they are counted, and what kills leak is a leak', async (t) => {
    await apache.start();
    const each = await sets();
    t.ok(each >= MODULES.length, `${each} sets`);
    await lab.sh('httpd-guard clean --quiet');
    const limits = (await lab.run('httpd-guard', 'limits')).stdout;
    t.match(limits, /survives \d+ more kill -9/);
    t.notMatch(limits, 'does not leak');
    t.match((await lab.run('httpd-guard', 'limits', '--json')).stdout, /"leaks": true/);
    let kills = 0;
    for (; kills < MOST; kills++) {
      await apache.kill9();
      if (!(await apache.tryStart())) break;
    }
    t.ok(kills < MOST, `it does not start after ${kills + 1} kills`);
    await letSetsAge(lab);
    t.match(await json('diagnose'), { cause: 'semaphore-leak' });
    t.match(await json('check'), { status: 'critical' });
    const advice = (await lab.run('httpd-guard', 'diagnose')).stdout;
    t.match(advice, 'modules with locks of their own ignore Mutex: mod_wsgi, mod_jk, mod_qos');
    t.match(await json('recover'), { outcome: 'recovered', cause: 'semaphore-leak' });
    t.ok(await apache.serves());
    t.equal(await sets(), each);
  });

  await t.test('with hooks, kills leave nothing', async (t) => {
    await lab.sh(`httpd-guard install --quiet --unit ${apache.unit}`);
    await lab.sh('systemctl stop apache2');
    await apache.start();
    const each = await sets();
    for (let kill = 0; kill < 4; kill++) {
      await apache.kill9();
      await apache.start();
    }
    t.equal(await sets(), each);
    t.equal(await apache.mutexErrors(), '');
  });
});
