import t from 'tap';
import { degradation, degradedSentence } from '../../../src/core/diagnosis/degradation.ts';
import { explainFailure } from '../../../src/core/diagnosis/explain-failure.ts';
import { known } from '../../../src/core/fact.ts';
import { unit } from '../../view/report/report-builder.ts';
import { failure, line } from './failure-builder.ts';

const missing = { has: 4, had: 6, wsgiGroups: ['app1', 'app2'] };
const NO_SPACE = '(28)No space left on device: ';
const wsgi = (number: number): string =>
  `[wsgi:crit] [pid 9] ${NO_SPACE}mod_wsgi (pid=9): Couldn't create accept lock '/var/run/apache2/wsgi.9.0.${number}.lock' (2).`;
const locks = (...texts: string[]) =>
  degradation(
    missing,
    texts.map((text) => line(text)),
  )?.locks;

void t.test('a server without some of its sets names the module', async (t) => {
  t.strictSame(locks(wsgi(2), wsgi(2)), ['mod_wsgi group app2']);
  t.strictSame(locks(wsgi(1), wsgi(2)), ['mod_wsgi group app1', 'mod_wsgi group app2']);
  t.strictSame(locks(wsgi(9)), ['mod_wsgi'], 'a group that the configuration does not name');
  t.strictSame(locks(`${NO_SPACE}mod_jk: could not create jk_log_lock`), ['mod_jk']);
  t.strictSame(locks(`${NO_SPACE}ModSecurity: Could not create global mutex`), ['ModSecurity']);
  t.strictSame(locks(`${NO_SPACE}AH00023: Couldn't create the proxy mutex`), ['mutex proxy']);
  const unnamed = `${NO_SPACE}Failed to create mutex on file /x`;
  t.strictSame(locks(unnamed), [`"${unnamed}"`]);
  t.equal(
    locks(...[1, 2, 3, 4, 5, 6, 7].map((n) => `${NO_SPACE}mod_x${n}: Failed to create mutex on file /x`))
      ?.length,
    5,
  );
});

void t.test('neither a line nor a number of sets is enough', async (t) => {
  t.equal(degradation(null, [line(wsgi(2))]), null);
  t.equal(degradation(missing, []), null);
  t.equal(degradation(missing, [line('[wsgi:info] mod_wsgi (pid=9): Starting process')]), null);
  t.equal(degradation(missing, [line(wsgi(2), { atMs: null })]), null, 'a line of an unknown time');
});

void t.test('what it runs with, whose lock is missing, and what helps', async (t) => {
  const one = degradation(missing, [line(wsgi(2))]);
  const two = degradation(missing, [line(wsgi(1)), line(wsgi(2))]);
  if (one === null || two === null) throw new Error('it is degraded');
  t.equal(
    degradedSentence('apache2.service', one),
    'apache2.service runs with 4 semaphore sets instead of 6: mod_wsgi group app2 has no lock, since no set could be created. When sets are free (httpd-guard limits): systemctl reload apache2.service',
  );
  t.match(degradedSentence('apache2.service', two), 'mod_wsgi group app1, mod_wsgi group app2 have no locks');
});

void t.test('diagnose says it of a running server, and recover does not act on it', async (t) => {
  const facts = failure({ unit: known(unit()), missingSets: missing });
  const found = explainFailure(facts, [line(wsgi(2))]);
  t.equal(found.cause, 'none');
  t.match(found.evidence.slice(-2), [
    { rule: 'need', saw: /mod_wsgi group app2 has no lock/ },
    { rule: 'line', saw: wsgi(2) },
  ]);
  t.equal(explainFailure(facts, []).evidence.length, 1);
});
