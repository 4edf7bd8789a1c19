import t from 'tap';
import { Apache, WWW_DATA, clean } from './apache.ts';
import { Lab, until } from './lab.ts';

const KEY = '0x63637069';

interface CheckReport {
  status: string;
  reasons: string[];
  segments: { id: number; key: number; size: number; verdict: string }[];
}

void t.test('shared memory: orphaned segments are shown, and removed only by key', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();
  await apache.start();
  const check = async (): Promise<CheckReport> =>
    JSON.parse((await lab.run('httpd-guard', 'check', '--json')).stdout) as CheckReport;
  const table = (): Promise<string> => lab.sh('ipcs -m');
  const before = await check();
  t.strictSame(before.segments, []);

  lab.write('root/make-segment', MAKE_SEGMENT);
  const make = (name: string, key: string, uid: number, wait: string): Promise<string> =>
    lab.sh(`systemd-run -q --unit ${name} -p Type=exec perl /root/make-segment ${key} ${uid} ${wait}`);
  await make('httpds', KEY, WWW_DATA, 'attached');
  await make('others', '0x11111111', 1, 'detached');
  await until('both segments', async () => {
    const text = await lab.sh('cat /proc/sysvipc/shm');
    return /^ *1667461225 .* 1 +33 /m.test(text) && / 0 +1 +1 /.test(text) ? true : null;
  });

  await t.test('attached', async (t) => {
    t.strictSame((await check()).segments, []);
    const { exitCode, removed, kept } = await clean(lab, '--shm-key', KEY);
    t.equal(exitCode, 3);
    t.strictSame(removed, []);
    t.match(kept, [{ verdict: 'in-use', evidence: [{ rule: 'attached', saw: 'attached 1 times' }] }]);
    t.match((await lab.run('httpd-guard', 'clean', '--shm-key', KEY)).stdout, 'in-use: attached 1 times');
    t.match(await table(), KEY);
  });

  await t.test('nothing attached, creator has exited', async (t) => {
    await lab.sh('systemctl stop httpds others');
    const { segments, status, reasons } = await check();
    t.match(segments, [{ key: Number(KEY), size: 4096, verdict: 'orphan' }]);
    t.equal(segments.length, 1, 'of others nothing is shown');
    t.strictSame({ status, reasons }, { status: before.status, reasons: before.reasons }, 'no alarm');
    t.match(
      (await lab.run('httpd-guard', 'check')).stdout,
      /shared memory: 1 orphaned segment[^]* 0x63637069 +4096/,
    );
    const asUser = await lab.run(
      'setpriv',
      '--reuid=nobody',
      '--clear-groups',
      'httpd-guard',
      'check',
      '--json',
    );
    t.match(JSON.parse(asUser.stdout), { segments: [{ verdict: 'unsure' }] }, 'who cannot see cannot know');
    await clean(lab);
    t.match(await table(), KEY, 'clean alone does not touch it');
    t.equal((await clean(lab, '--shm-key', KEY)).removed.length, 1);
    t.notMatch(await table(), KEY);
    t.match(await lab.sh('httpd-guard history'), /cleared +removed 1 shared memory segment .*\(clean\)/);
    await lab.sh(`setpriv --reuid=${WWW_DATA} --clear-groups perl -e 'shmget(${KEY}, 4096, 0600 | 01000)'`);
    t.equal(
      (await clean(lab, '--shm-key', KEY)).removed.length,
      1,
      'what httpd’s own user made, as PHP does',
    );
    t.match(await table(), '0x11111111');
    t.strictSame((await check()).segments, []);
  });
  t.ok(await apache.serves());
});

/** shmat(2), which perl has no word for, by its number (asm/unistd.h). */
const SHMAT = process.arch === 'arm64' ? 196 : 30;

/** Stays as long as it lives, attached or not. */
const MAKE_SEGMENT = `
  my ($key, $uid, $how) = @ARGV;
  $id = shmget(hex $key, 4096, 0600 | 01000);
  my $ds = "";
  shmctl($id, 2, $ds) or die "IPC_STAT: $!";
  substr($ds, 4, 8) = pack("LL", $uid, $uid);
  shmctl($id, 1, $ds) or die "IPC_SET: $!";
  if ($how eq "attached") { syscall(${SHMAT}, $id, 0, 0) != -1 or die "shmat: $!" }
  sleep;
`;
