import { Apache, WWW_DATA, makeSets, setIds } from './apache.ts';
import { Lab, until } from './lab.ts';

// What scripts/demo shows. Every line of it is from the real thing; when one does not come out, the demo fails.

const MOST_SETS = 12;
const CYCLES = 20;

const say = (text = ''): void => {
  console.log(text);
};
const title = (text: string): void => {
  say(process.stdout.isTTY ? `\n\u001b[1m-- ${text}\u001b[0m` : `\n-- ${text}`);
};

async function show(lab: Lab, command: string): Promise<void> {
  const { stdout, stderr } = await lab.run('sh', '-c', command);
  say(`# ${command}`);
  say([stdout, stderr].filter((text) => text !== '').join('\n'));
}

async function killUntilItFails(apache: Apache): Promise<void> {
  for (let start = 1; start <= MOST_SETS; start++) {
    const serves = await apache.tryStart();
    const sets = (await setIds(apache.lab, WWW_DATA)).length;
    say(
      serves
        ? `start ${start}: serves, ${sets} semaphore sets in the kernel; now kill -9`
        : `start ${start}: FAILS`,
    );
    if (!serves) return;
    await apache.kill9();
  }
  throw new Error('Apache never failed');
}

async function killAgainAndAgain(apache: Apache): Promise<void> {
  for (let start = 1; start <= CYCLES; start++) {
    if (!(await apache.tryStart())) throw new Error(`start ${start} failed`);
    say(`start ${start}: serves, ${(await setIds(apache.lab, WWW_DATA)).length} semaphore sets; now kill -9`);
    await apache.kill9();
  }
  if (!(await apache.tryStart())) throw new Error('the last start failed');
}

/** More modules than there is room for: the reload fails, and Apache with it. */
async function killByReload(apache: Apache): Promise<void> {
  const { lab } = apache;
  const before = await apache.masterPid();
  await makeSets(lab, MOST_SETS - (await setIds(lab)).length, { uid: WWW_DATA });
  await lab.sh(
    'a2enmod -q cache_socache auth_digest authn_socache >/dev/null; systemctl enable -q apache2 2>&1; systemctl reload apache2',
  );
  await until('Apache to be dead', async () => ((await apache.masterPid()) === before ? null : true));
  const died = performance.now();
  say(`Apache ${before} has exited: (28)No space left on device`);
  await until('Apache to serve again', async () => ((await apache.serves()) ? true : null));
  say(
    `${((performance.now() - died) / 1000).toFixed(1)} s later another one serves: ${await apache.masterPid()}`,
  );
}

async function demo(lab: Lab): Promise<void> {
  const apache = await Apache.setUp(lab);
  await lab.limitSets(MOST_SETS);
  await lab.installGuard();

  title(
    `Apache 2.4 under systemd, with a limit of ${MOST_SETS} semaphore sets, so that it does not take months. kill -9, start, kill -9 ...`,
  );
  await killUntilItFails(apache);
  await show(lab, 'tail -n 2 /var/log/apache2/error.log; df -h / | tail -n 1');

  title('Why? httpd-guard check lists each set');
  await show(lab, 'httpd-guard check --verbose');

  title(`With the guard before each start: ${CYCLES} more kill -9`);
  await show(lab, 'httpd-guard install');
  await killAgainAndAgain(apache);
  await show(lab, 'journalctl -u apache2 -o cat -t httpd-guard | tail -n 3; httpd-guard check');

  title('Every start worked. No set of a running httpd was removed.');

  title('Unattended: the table fills up while it is running, and a reload fails');
  await killByReload(apache);
  await until('the guard to say so', async () =>
    (await lab.run('sh', '-c', 'journalctl -u apache2 -o cat | grep -q "serves again"')).exitCode === 0
      ? true
      : null,
  );
  await show(lab, 'journalctl -u apache2 -o cat -t httpd-guard | tail -n 3');
  const sets = await setIds(lab, WWW_DATA);
  say(`It serves again, with ${sets.length} semaphore sets of its own.`);
}

say('Booting a throw-away Debian');
const lab = await Lab.boot();
try {
  await demo(lab);
} finally {
  lab.end();
}
