import t from 'tap';
import {
  type Installation,
  type Uninstallation,
  installationJson,
  installationText,
  uninstallationJson,
  uninstallationText,
} from '../../src/view/installation.ts';
import { complaints } from './schemas/complaints.ts';

const installed: Installation = {
  unit: 'apache2.service',
  dryRun: false,
  did: [
    { path: '/etc/a.conf', action: 'wrote' },
    { path: null, action: 'reloaded' },
  ],
  diff: [],
  undo: 'httpd-guard uninstall --unit apache2.service',
  notes: ['b.service is not guarded'],
};

void t.test('install prints what it changed, and how to undo it', async (t) => {
  t.equal(
    installationText(installed),
    `wrote /etc/a.conf
reloaded systemd
b.service is not guarded
apache2.service is guarded. To undo: httpd-guard uninstall --unit apache2.service
`,
  );
  t.match(installationText({ ...installed, did: [] }), /^nothing to change\n/);
});

void t.test('install --dry-run prints the lines that would change', async (t) => {
  const planned: Installation = {
    ...installed,
    dryRun: true,
    did: [{ path: '/etc/a.conf', action: 'would-write' }],
    diff: ['+++ /etc/a.conf', '+[Service]\u001b'],
    notes: [],
  };
  t.equal(installationText(planned), '+++ /etc/a.conf\n+[Service]\\x1b\n');
  t.match(installationJson(planned), { did: [{ path: '/etc/a.conf', action: 'would-write' }] });
  t.strictSame(complaints('install', installationJson(planned)), []);
});

void t.test('the JSON objects have the documented fields', async (t) => {
  const { unit, dryRun, did, undo, notes } = installed;
  t.strictSame(installationJson(installed), { schema: 1, unit, dryRun, did, undo, notes });
  t.strictSame(complaints('install', installationJson(installed)), []);
  const removed: Uninstallation = {
    units: ['apache2.service'],
    dryRun: false,
    did: [{ path: '/etc/a.conf', action: 'removed' }],
    notes: ['b.service is not guarded'],
  };
  t.strictSame(uninstallationJson(removed), { schema: 1, ...removed });
  t.strictSame(complaints('uninstall', uninstallationJson(removed)), []);
  t.equal(uninstallationText(removed), 'b.service is not guarded\nremoved /etc/a.conf\n');
});
