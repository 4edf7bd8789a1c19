import { openSync, readFileSync, readSync, closeSync } from 'node:fs';
import t from 'tap';
import { hasInterpreter } from '../../../src/host/proc/elf.ts';

function start(path: string): Buffer {
  const fd = openSync(path, 'r');
  const bytes = Buffer.alloc(4_096);
  readSync(fd, bytes);
  closeSync(fd);
  return bytes;
}

void t.test('a program that the kernel starts through its loader', async (t) => {
  t.ok(hasInterpreter(start('/usr/bin/perl')));
  const loader = /(\/\S*\/ld-linux\S*)/.exec(readFileSync('/proc/self/maps', 'latin1'))?.[1] ?? '';
  t.notOk(hasInterpreter(start(loader)), 'the loader itself');
});

void t.test('bytes that are no ELF header, and a broken one', async (t) => {
  t.notOk(hasInterpreter(Buffer.alloc(0)));
  t.notOk(hasInterpreter(Buffer.from('#!/bin/sh\n'.padEnd(200))));
  const perl = start('/usr/bin/perl');
  for (let at = 0; at < 64; at++) {
    const broken = Buffer.from(perl);
    broken.fill(0xff, at, at + 8);
    t.doesNotThrow(() => hasInterpreter(broken));
  }
  t.notOk(hasInterpreter(perl.subarray(0, 63)));
});
