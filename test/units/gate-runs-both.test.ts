import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';

// The gate itself, with its own table, settings, Node and perl program: how it starts the two, and what it says of their end.

const GATE = readFileSync(new URL('../../units/gate', import.meta.url), 'utf8');
/** Those that are installed here; Debian's default, RHEL's, Alpine's. */
const SHELLS = [['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([file = '', ...args]) => spawnSync(file, [...args, '-c', 'exit 42']).status === 42,
);
const TABLE =
  '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n0 7 600 1 33 0 0 0 0 0\n';
const NEEDS_ROOT = process.geteuid?.() === 0 ? false : 'only root has privileges to lose';

/** It ends within 5 s; what runs beside a test may slow all that is not waiting. */
const BOUNDED_MS = 15_000;

interface Parts {
  /** A script of a shell in place of Node. */
  node: string;
  /** In place of semaphore-tool.pl. */
  perl?: string;
  /** Changes the gate. */
  change?: (gate: string) => string;
}

/** Runs the gate in each shell. The result is what it says, which must be the same in all; shells differ in how they tell of a killed child. */
function runGate(t: Test, { node, perl = '', change = (gate) => gate }: Parts): string {
  const folder = t.testdir({
    'web.service': 'uid 33\ncuid 0\njson {}\n',
    table: TABLE,
    'semaphore-tool.pl': perl,
  });
  writeFileSync(`${folder}/node`, `#!/bin/sh\n${node}\n`, { mode: 0o755 });
  const own = GATE.replace('/var/lib/httpd-guard', `'${folder}'`).replace(
    ' /proc/sysvipc/sem ',
    ` '${folder}/table' `,
  );
  writeFileSync(`${folder}/gate`, change(own));
  const said = SHELLS.map(([file = '', ...args]) => {
    const began = Date.now();
    const ran = spawnSync(file, [...args, `${folder}/gate`, `${folder}/node`, 'web.service'], {
      encoding: 'utf8',
      env: { ...process.env, JOURNAL_STREAM: '8:1' },
    });
    t.equal(ran.status, 0, file);
    t.ok(Date.now() - began < BOUNDED_MS, `${file}: in bounded time`);
    return ran.stdout;
  });
  t.equal(new Set(said).size, 1, 'all shells say the same', { said });
  return said[0] ?? '';
}

const ECHO = 'print "$$\\n"; $| = 1; while (<STDIN>) { print "perl read $_" } ';

void t.test('each reads what the other writes, and sees it end', { skip: NEEDS_ROOT }, async (t) => {
  t.comment(`shells: ${SHELLS.map(([file]) => file).join(', ')}`);
  const node = `read pid
    [ "$(cat /proc/$pid/comm)" = perl ] && echo "tool $SEMAPHORE_TOOL, $*, $JOURNAL_STREAM"
    echo question >&3; read answer; echo "$answer"; exec 3>&-; exit 0`;
  t.match(
    runGate(t, { node, perl: ECHO }),
    /^tool 0, .*httpd-guard\.cjs pre-start --unit web\.service, 8:1\nperl read question\n$/,
  );
});

void t.test('what the gate says of the end of Node', { skip: NEEDS_ROOT }, async (t) => {
  t.equal(runGate(t, { node: 'exit 0', perl: ECHO }), '');
  t.match(
    runGate(t, { node: 'exit 3', perl: ECHO }),
    /^<4>httpd-guard: pre-start of web\.service failed; httpd starts anyway/,
  );
  t.match(
    runGate(t, { node: 'kill -SEGV $$', perl: ECHO }),
    /\/node crashed \(exit status 139\); orphaned sets of web\.service were not removed, and httpd starts anyway\. To fix: httpd-guard install --unit web\.service\n$/,
  );
  t.match(runGate(t, { node: 'kill -9 $$', perl: ECHO }), / timed out; httpd starts anyway/);
  t.match(runGate(t, { node: 'exec sleep 60', perl: ECHO }), / timed out; httpd starts anyway/);
});

void t.test('a perl that hangs is ended while Node still has time', { skip: NEEDS_ROOT }, async (t) => {
  t.equal(runGate(t, { node: 'cat >/dev/null; echo "no answer"', perl: 'sleep 60' }), 'no answer\n');
});

void t.test('without its second pipe, without perl, without settings: Node alone', async (t) => {
  const node = 'echo "tool \'$SEMAPHORE_TOOL\'"';
  const alone = "tool ''\n";
  t.equal(
    runGate(t, { node, change: (gate) => gate.replaceAll('/proc/self/fd/4', '/nonexistent/4') }),
    alone,
  );
  t.equal(runGate(t, { node, change: (gate) => gate.replaceAll(/\bperl\b/g, 'noperl') }), alone);
  t.equal(runGate(t, { node, change: (gate) => gate.replace('cuid) cuid=', 'cuid) none=') }), alone);
});
