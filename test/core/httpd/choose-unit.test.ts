import t from 'tap';
import { parseActiveState } from '../../../src/core/units/active-state.ts';
import { chooseUnit, serviceName } from '../../../src/core/httpd/choose-unit.ts';

void t.test('active and failed units are preferred to inactive ones, plain names to instances', async (t) => {
  const cases: [string, string | null][] = [
    ['', null],
    ['httpd.service=inactive', 'httpd.service'],
    ['httpd.service=inactive apache2.service=active', 'apache2.service'],
    ['httpd.service=inactive apache2.service=failed', 'apache2.service'],
    ['httpd@a.service=active httpd.service=active', 'httpd.service'],
    ['httpd@a.service=active httpd.service=inactive', 'httpd@a.service'],
    ['httpd@a.service=failed httpd.service=inactive', 'httpd@a.service'],
    ['httpd@b.service=active httpd@a.service=active', 'httpd@a.service'],
    ['httpd.service=active apache2.service=failed', 'apache2.service'],
  ];
  for (const [listing, chosen] of cases) {
    const units = listing
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => ({
        name: word.split('=')[0] ?? '',
        active: parseActiveState(word.split('=')[1] ?? ''),
      }));
    t.equal(chooseUnit(units), chosen, listing);
    t.equal(chooseUnit(units.toReversed()), chosen, 'in whatever order they are listed');
  }
});

void t.test('a unit name with other characters is rejected', async (t) => {
  t.equal(serviceName('httpd'), 'httpd.service');
  t.equal(serviceName('httpd.service'), 'httpd.service');
  t.equal(serviceName('httpd@a\\x2db.service'), 'httpd@a\\x2db.service');
  for (const text of ['', 'a b', '../x', 'a/b', 'a\nb', 'a;b', '$x', 'ä', 'x'.repeat(241)])
    t.equal(serviceName(text), null, text);
});
