import t from 'tap';
import { kernelKilled, oomdKilled } from '../../../src/core/units/oom-killer.ts';

void t.test("the kernel's messages about an OOM kill", async (t) => {
  for (const line of [
    'Out of memory: Killed process 812 (apache2) total-vm:1234kB, anon-rss:1kB',
    'Memory cgroup out of memory: Killed process 812 (httpd) total-vm:1kB',
  ]) {
    t.ok(kernelKilled(`x\n${line}\ny`, 812), line);
    t.notOk(kernelKilled(line, 81), 'another process');
  }
  t.notOk(kernelKilled('Killed process 812 (apache2)', 812));
});

void t.test('the messages about a kill by systemd-oomd', async (t) => {
  for (const line of [
    'apache2.service: systemd-oomd killed 7 process(es) in this unit.',
    'Killed /system.slice/apache2.service due to memory pressure for /system.slice being 61.20% > 60.00% for > 20s with reclaim activity',
    'Killed /system.slice/apache2.service due to memory used (1) / total (1) and swap used (1) / total (1) being more than 90.00%',
  ]) {
    t.ok(oomdKilled(`x\n${line}\ny`, 'apache2.service'), line);
    t.notOk(oomdKilled(line, 'b-apache2.service'), 'another unit');
    t.notOk(oomdKilled(line, '2.service'), 'the end of its name');
  }
  t.notOk(oomdKilled('Killed /system.slice/apache2.service', 'apache2.service'));
});
