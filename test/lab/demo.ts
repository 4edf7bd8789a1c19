import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Lab } from './lab.ts';

// What scripts/demo shows. Every line of it is from the real thing; when one does not come out, the demo fails.

const MOST_SETS = 12;
const CYCLES = 20;

const say = (text = ''): void => {
  console.log(text);
};
const title = (text: string): void => {
  say(`\n\u001b[1m── ${text}\u001b[0m`);
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

async function demo(lab: Lab): Promise<void> {
  const apache = await Apache.setUp(lab);
  await lab.limitSets(MOST_SETS);
  await lab.installGuard();

  title(
    `Apache 2.4 under systemd; room for ${MOST_SETS} semaphore sets, so that it does not take months. kill -9, start, kill -9 …`,
  );
  await killUntilItFails(apache);
  await show(lab, 'tail -n 2 /var/log/apache2/error.log; df -h / | tail -n 1');

  title('Why? httpd-guard check says it, set by set');
  await show(lab, 'httpd-guard check --verbose');

  title(`With the guard before each start: ${CYCLES} more kill -9`);
  await show(lab, 'httpd-guard install');
  await killAgainAndAgain(apache);
  await show(lab, 'journalctl -u apache2 -o cat | grep httpd-guard | tail -n 3; httpd-guard check');

  title('Every start worked. Nothing that lives was touched.');
}

say('Booting a throw-away Debian …');
const lab = await Lab.boot();
try {
  await demo(lab);
} finally {
  lab.end();
}
