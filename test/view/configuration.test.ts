import t from 'tap';
import { type EffectiveValue, configurationJson, configurationText } from '../../src/view/configuration.ts';
import { complaints } from './schemas/complaints.ts';

const VALUES: EffectiveValue[] = [
  { name: 'unit', value: 'httpd.service', source: 'systemd', origin: 'auto-detected' },
  { name: 'recover.settle', value: 2, source: 'default', origin: 'default' },
  { name: 'recover.on-gave-up', value: ['/bin/mail', 'a b'], source: 'file', origin: '/etc/x\n.toml' },
  { name: 'user', value: null, source: 'unknown', origin: 'httpd does not say' },
];

void t.test('one line for each setting, in columns, escaped', async (t) => {
  t.equal(
    configurationText(VALUES),
    [
      'unit                "httpd.service"      auto-detected',
      'recover.settle      2                    default',
      'recover.on-gave-up  ["/bin/mail","a b"]  /etc/x\\x0a.toml',
      'user                none                 httpd does not say',
      '',
    ].join('\n'),
  );
});

void t.test('the JSON object has the documented fields', async (t) => {
  t.strictSame(complaints('config', configurationJson(VALUES)), []);
  t.strictSame(configurationJson(VALUES), { schema: 1, settings: VALUES });
});
