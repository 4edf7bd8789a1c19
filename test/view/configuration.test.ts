import t from 'tap';
import { configurationJson, configurationText } from '../../src/view/configuration.ts';

const VALUES = [
  { name: 'unit', value: 'httpd.service', origin: 'found here' },
  { name: 'recover.settle', value: 2, origin: 'default' },
  { name: 'recover.on-gave-up', value: ['/bin/mail', 'a b'], origin: '/etc/x\n.toml' },
  { name: 'user', value: null, origin: 'httpd does not say' },
];

void t.test('one line for each setting, in columns, escaped', async (t) => {
  t.equal(
    configurationText(VALUES),
    [
      'unit                "httpd.service"      found here',
      'recover.settle      2                    default',
      'recover.on-gave-up  ["/bin/mail","a b"]  /etc/x\\x0a.toml',
      'user                none                 httpd does not say',
      '',
    ].join('\n'),
  );
});

void t.test('the JSON object has the documented fields', async (t) => {
  t.strictSame(JSON.parse(configurationJson(VALUES)), { schema: 1, settings: VALUES });
});
