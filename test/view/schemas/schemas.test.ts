import { readFileSync, readdirSync } from 'node:fs';
import t from 'tap';
import { jsonSchemas } from '../../../scripts/json-schemas.ts';
import { complaints } from './complaints.ts';

const FOLDER = 'scripts/schema';

void t.test('the JSON Schemas of the package are up to date (npm run schemas)', async (t) => {
  t.strictSame(readdirSync(FOLDER).sort(), [...jsonSchemas().keys()].sort());
  for (const [name, text] of jsonSchemas()) t.equal(readFileSync(`${FOLDER}/${name}`, 'utf8'), text, name);
});

void t.test('an object that differs from its schema is refused', async (t) => {
  const object = {
    schema: 1,
    units: ['a.service'],
    dryRun: false,
    did: [
      { path: '/a', action: 'removed' },
      { path: null, action: 'reloaded' },
    ],
    notes: [],
  };
  t.strictSame(complaints('uninstall', object), []);
  for (const wrong of [
    { ...object, schema: 2 },
    { ...object, more: 1 },
    { ...object, units: null },
    { ...object, did: [{ path: '/a', action: 'touched' }] },
    { ...object, did: ['removed /a'] },
    { ...object, notes: undefined },
  ])
    t.not(complaints('uninstall', wrong).length, 0, JSON.stringify(wrong));
  const seen = { schema: 1, takenAt: '2026-03-01T12:00:00+01:00' };
  t.ok(complaints('limits', seen).some((one) => one.startsWith('/takenAt')));
});
