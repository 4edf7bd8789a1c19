import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  type LoadedSettings,
  overriddenSettings,
  settingsIn,
} from '../../../src/core/guard/loaded-service.ts';

const UNITS = new URL('../../../units/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, UNITS), 'utf8');
const nothing: LoadedSettings = { commands: [], paths: [], calendars: 0, starts: '' };

void t.test('a unit that systemd runs as it is in the file', async (t) => {
  const watch = textOf('httpd-guard-watch.service');
  const words = /^ExecStart=(.*)$/m.exec(watch)?.[1]?.split(' ') ?? [];
  t.strictSame(overriddenSettings('httpd-guard-watch.service', watch, { ...nothing, commands: [words] }), []);
  const path = textOf('httpd-guard-recover.path');
  const paths = path.match(/^PathExists=.*/gm) ?? [];
  const starts = 'httpd-guard-recover.service';
  t.strictSame(overriddenSettings('httpd-guard-recover.path', path, { ...nothing, paths, starts }), []);
  const timer = textOf('httpd-guard-metrics.timer');
  const timed = { ...nothing, calendars: 1, starts: 'httpd-guard-metrics.service' };
  t.strictSame(overriddenSettings('httpd-guard-metrics.timer', timer, timed), []);
});

void t.test('each setting that is overridden', async (t) => {
  const watch = textOf('httpd-guard-watch.service');
  for (const commands of [[], [['/bin/true']]])
    t.strictSame(overriddenSettings('httpd-guard-watch.service', watch, { ...nothing, commands }), [
      'ExecStart',
    ]);
  const path = textOf('httpd-guard-recover.path');
  t.strictSame(
    overriddenSettings('httpd-guard-recover.path', path, { ...nothing, paths: [], starts: 'b.service' }),
    ['PathExists', 'Unit'],
  );
  t.strictSame(
    overriddenSettings('httpd-guard-metrics.timer', textOf('httpd-guard-metrics.timer'), nothing),
    ['OnCalendar'],
  );
});

void t.test('the settings of a drop-in', async (t) => {
  t.strictSame(settingsIn('# A=1\n[Path]\nPathExists=\n PathExists = /x\n;B=2\nUnit=y.service\n'), [
    'PathExists',
    'Unit',
  ]);
});
