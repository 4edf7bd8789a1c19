import { chmodSync } from 'node:fs';
import t from 'tap';
import { readConfiguration } from '../../src/host/configuration.ts';

const read = (text: string) => {
  // Below / alone no folder is another's.
  const file = `${t.testdir({ 'c.toml': text })}/c.toml`;
  return readConfiguration(file);
};

void t.test('nothing said is the default', async (t) => {
  const expected = {
    recover: { reap: 'unit', settle: 2, 'health-url': null, 'on-recovered': null, 'on-gave-up': null },
  };
  t.match(read(''), { known: true, value: expected });
  t.match(read('[recover]'), { known: true, value: expected });
});

void t.test('what is said counts', async (t) => {
  const text =
    '[recover]\nreap = "never"\nsettle = 0.5\nhealth-url = "http://127.0.0.1/"\non-gave-up = ["/bin/mail", "root"]';
  t.match(read(text), {
    known: true,
    value: {
      recover: {
        reap: 'never',
        settle: 0.5,
        'health-url': 'http://127.0.0.1/',
        'on-gave-up': ['/bin/mail', 'root'],
      },
    },
  });
});

void t.test('a wrong value is told with file and key', async (t) => {
  for (const [text, key] of [
    ['[recover]\nreap = "all"', 'recover.reap'],
    ['[recover]\nsettle = -1', 'recover.settle'],
    ['[recover]\nsettle = "2"', 'recover.settle'],
    ['[recover]\nhealth-url = "x"', 'recover.health-url'],
    ['[recover]\non-recovered = []', 'recover.on-recovered'],
    ['[recover]\non-recovered = "a shell line"', 'recover.on-recovered'],
    ['[recover]\nreep = "unit"', 'reep'],
    ['[recovery]\n', 'recovery'],
    ['[recover', 'no TOML'],
  ] as const)
    t.match(read(text), { known: false, why: key }, text);
  t.match(read('[recover]\nreap = "all"'), { why: 'c.toml' });
});

void t.test(
  'a file that others may write is not read by root',
  { skip: process.geteuid?.() !== 0 && 'not root' },
  async (t) => {
    const file = `${t.testdir({ 'c.toml': '' })}/c.toml`;
    chmodSync(file, 0o666);
    t.match(readConfiguration(file), { known: false, why: 'c.toml is not read' });
  },
);

void t.test('a file that was named must be there', async (t) => {
  t.match(readConfiguration('/nowhere/c.toml'), { known: false, why: '/nowhere/c.toml cannot be read' });
});
