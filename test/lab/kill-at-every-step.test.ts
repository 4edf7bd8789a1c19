import t, { type Test } from 'tap';
import { Apache, WWW_DATA, makeSets, setIds } from './apache.ts';
import { Guard, MOST_SETS, fillTable } from './guard.ts';
import { Lab, until } from './lab.ts';
import { CHANGING_CALLS, killOptions, sample, stepName, stepsOf } from './system-calls.ts';

// Kills each command at the entry of each system call that changes something. HTTPD_GUARD_EVERY_STEP=1 kills at each step, at
// most 40 for a command; otherwise at a few, evenly spread.

const MOST_STEPS = process.env['HTTPD_GUARD_EVERY_STEP'] === undefined ? 4 : 40;
const FOLDER = '/opt/steps';
const SEM = '/proc/sys/kernel/sem';
const SYSCTL = '/etc/sysctl.d/60-httpd-guard.conf';
const UNITS = '/etc/systemd/system';
const LIB = '/usr/lib/httpd-guard';
const OWN_FOLDERS = `${UNITS} /etc/sysctl.d /var/lib/httpd-guard /run/httpd-guard`;

/** Runs a command under strace with the options in a file, once; later as it is. */
const TRACED = `#!/bin/sh
mv ${FOLDER}/plan ${FOLDER}/plan.used 2>/dev/null || exec "$@"
exec strace -f -qq -y -o ${FOLDER}/log $(cat ${FOLDER}/plan.used) -- "$@"
`;

interface Scenario {
  command: string;
  /** Brings about the state before the command. */
  prepare: () => Promise<unknown>;
  /** Has the command run, and waits until it has ended. */
  run: () => Promise<unknown>;
  /** The next runs, after which all must be well: what is not, and nothing else. */
  wrong: () => Promise<string[]>;
}

void t.test(`each command, killed at up to ${MOST_STEPS} steps`, async (t) => {
  const lab = await Lab.bootWithFaults();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  const guard = await Guard.install(lab, apache);
  guard.configure('settle = 0.2');
  lab.write(`${FOLDER}/traced`, TRACED, 0o755);
  await lab.sh(`chmod 777 ${FOLDER}; mount --bind ${SEM} ${SEM}; mount -o remount,bind,rw ${SEM}`);
  await makeSets(lab, 0, { uid: WWW_DATA });
  await apache.start();
  const node = (await lab.sh('readlink -f /usr/local/bin/node')).trim();
  const unitTexts = (): Promise<string> =>
    lab.sh(`cat ${UNITS}/apache2.service.d/50-httpd-guard.conf ${UNITS}/httpd-guard-*`);
  const intact = await unitTexts();

  const traced = `${FOLDER}/traced`;
  const plain = (line: string): Promise<unknown> => lab.run('sh', '-c', line);
  const zz = (unit: string, ...lines: string[]): Promise<unknown> => {
    lab.write(`${UNITS}/${unit}.d/zz.conf`, ['[Service]', ...lines, ''].join('\n'));
    return lab.sh('systemctl daemon-reload');
  };
  const noZz = (unit: string): Promise<unknown> =>
    lab.sh(
      `rm -f ${UNITS}/${unit}.d/zz.conf; rmdir -p ${UNITS}/${unit}.d 2>/dev/null; systemctl daemon-reload`,
    );

  /** What is left when no run is under way, and the look after the last start is over. */
  const wrongFiles = async (): Promise<string[]> => {
    let drafts = '';
    const areGone = async (): Promise<true | null> => {
      drafts = await lab.sh(`find ${OWN_FOLDERS} -name '.httpd-guard.*' 2>/dev/null || true`);
      return drafts === '' ? true : null;
    };
    await until('no drafts', areGone, 10_000).catch(() => null);
    return drafts === '' ? [] : [`left: ${drafts.replaceAll('\n', ' ')}`];
  };
  const wrongIfNotServing = async (): Promise<string[]> => {
    const serves = await until('it', async () => ((await apache.serves()) ? true : null), 60_000).catch(
      () => false,
    );
    return serves ? [] : ['httpd does not serve'];
  };
  const restarts = async (when: string): Promise<string[]> => {
    await plain('systemctl reset-failed apache2; systemctl restart apache2');
    return (await apache.serves()) ? [] : [`httpd does not restart ${when}`];
  };
  const again = async (line: string): Promise<string[]> => {
    const { exitCode, stderr } = await lab.run('sh', '-c', line);
    return exitCode === 0 ? [] : [`${line} ends with ${exitCode}: ${stderr}`];
  };
  /** httpd starts into a full table, and the hooks of the guard are as `lines` say. */
  const failsToStart = async (...lines: string[]): Promise<void> => {
    await plain('systemctl stop apache2; systemctl reset-failed apache2');
    await zz('apache2.service', 'ExecStartPre=', 'ExecStopPost=', ...lines);
    await guard.rests();
    await guard.forgetTries();
    await fillTable(lab);
  };

  const isLoaded = 'test "$(systemctl show -P NeedDaemonReload apache2)" = no';
  const INSTALL = 'httpd-guard install --unit apache2';
  const UNINSTALL = 'httpd-guard uninstall';
  const RAISE = 'httpd-guard limits --raise 200';
  const scenarios: Scenario[] = [
    {
      command: 'uninstall',
      prepare: () => lab.sh(INSTALL),
      run: () => plain(`${traced} ${UNINSTALL}`),
      wrong: async () => [
        ...(await restarts('before the next uninstall')),
        ...(await again(UNINSTALL)),
        ...(await again(isLoaded)),
        ...(
          await lab.sh(
            `find ${UNITS} /run /var/lib -name '*httpd-guard*' -not -path '*/zz.conf' 2>/dev/null || true`,
          )
        )
          .split('\n')
          .filter((path) => path !== '' && !path.startsWith('/run/systemd')),
      ],
    },
    {
      command: 'install',
      prepare: () => lab.sh(UNINSTALL),
      run: () => plain(`${traced} ${INSTALL}`),
      wrong: async () => [
        ...(await restarts('before the next install')),
        ...(await again(INSTALL)),
        ...(await again(isLoaded)),
        ...((await unitTexts()) === intact ? [] : ['the units are not whole']),
        ...(await again('systemctl is-active -q httpd-guard-watch httpd-guard-recover.path')),
        ...(await wrongFiles()),
      ],
    },
    {
      command: 'pre-start',
      prepare: () => failsToStart(`ExecStartPre=-+${traced} /bin/sh ${LIB}/gate ${node} %n`),
      run: () => plain('systemctl start apache2'),
      wrong: async () => [
        ...(await wrongIfNotServing()),
        ...(await again('httpd-guard clean')),
        ...(await wrongFiles()),
      ],
    },
    {
      command: 'post-stop',
      prepare: () => failsToStart(`ExecStopPost=-+${traced} /bin/sh ${LIB}/post-stop ${node} %n`),
      run: () => plain('systemctl start apache2'),
      wrong: async () => [...(await wrongIfNotServing()), ...(await wrongFiles())],
    },
    {
      command: 'post-stop of a killed run',
      prepare: async () => {
        await failsToStart(`ExecStopPost=-+${traced} /bin/sh ${LIB}/post-stop ${node} %n`);
        await lab.sh('ipcrm --all=sem');
        await apache.start();
        await guard.rests();
      },
      run: () => apache.kill9(),
      wrong: async () => {
        await noZz('apache2.service');
        return [...(await restarts('after the kill')), ...(await wrongFiles())];
      },
    },
    {
      command: 'recover',
      prepare: async () => {
        await zz(
          'httpd-guard-recover.service',
          'ExecStart=',
          `ExecStart=${traced} /bin/sh ${LIB}/run-node ${node} ${LIB}/httpd-guard.cjs recover --requested`,
        );
        await failsToStart();
      },
      run: () => plain('systemctl start apache2'),
      wrong: async () => [...(await wrongIfNotServing()), ...(await wrongFiles())],
    },
    {
      command: 'watch',
      prepare: async () => {
        const line = await lab.sh(`grep '^ExecStart=' ${UNITS}/httpd-guard-watch.service`);
        await zz(
          'httpd-guard-watch.service',
          'ExecStart=',
          line.trim().replace('ExecStart=', `ExecStart=${traced} `),
          'SystemCallFilter=',
          `ReadWritePaths=${FOLDER}`,
        );
        await failsToStart();
        await plain('systemctl stop httpd-guard-watch');
      },
      run: async () => {
        await plain('systemctl start httpd-guard-watch');
        await plain('systemctl start apache2');
      },
      wrong: async () => [...(await wrongIfNotServing()), ...(await wrongFiles())],
    },
    {
      command: 'limits --raise',
      prepare: async () => {
        await lab.sh(
          `rm -f ${SYSCTL}*; echo '250 32000 32 ${MOST_SETS}' >${SEM}; httpd-guard limits --raise 100`,
        );
        await lab.sh(`echo '250 32000 32 ${MOST_SETS}' >${SEM}`);
      },
      run: () => plain(`${traced} ${RAISE}`),
      wrong: async () => [
        ...(await restarts('before the next one')),
        ...(await again(RAISE)),
        ...(await again(`grep -q '^kernel.sem = 250 .* 200$' ${SYSCTL} && grep -q '200$' ${SEM}`)),
        ...(await wrongFiles()),
      ],
    },
  ];

  const tidy = async (): Promise<void> => {
    await lab.sh(`rm -f ${FOLDER}/plan ${FOLDER}/plan.used ${FOLDER}/log`);
    for (const unit of ['apache2.service', 'httpd-guard-recover.service', 'httpd-guard-watch.service'])
      await noZz(unit);
  };
  const runOnce = async (
    scenario: Scenario,
    options: (lastPid: number) => string,
  ): Promise<{ log: string; wrong: string[] }> => {
    await scenario.prepare();
    const lastPid = Number(await lab.sh('cat /proc/sys/kernel/ns_last_pid'));
    lab.write(`${FOLDER}/plan`, `-e trace=${CHANGING_CALLS.join()} ${options(lastPid)}`);
    await scenario.run();
    const wrong = await scenario.wrong();
    const { stdout: log } = await lab.run('cat', `${FOLDER}/log`);
    await tidy();
    return { log, wrong };
  };
  /** Back to a guarded server that serves, however it ended. */
  const restore = async (): Promise<void> => {
    await tidy();
    await plain(
      `systemctl stop apache2; ipcrm --all=sem; rm -f ${SYSCTL}*; echo '250 32000 32 ${MOST_SETS}' >${SEM}`,
    );
    await lab.sh(INSTALL);
    await plain('systemctl reset-failed apache2; systemctl restart apache2');
  };

  const table: string[] = [];
  const killAtSteps = async (t: Test, scenario: Scenario): Promise<void> => {
    const whole = await runOnce(scenario, () => '');
    t.strictSame(whole.wrong, [], 'not killed, all is well');
    const steps = stepsOf(whole.log);
    t.ok(steps.length > 0, `${steps.length} steps`);
    const chosen = sample(steps, MOST_STEPS);
    let kills = 0;
    let lost = 0;
    for (const step of chosen) {
      const { log, wrong } = await runOnce(scenario, (lastPid) => killOptions(step, lastPid));
      if (log.includes('killed by SIGKILL')) kills++;
      else t.comment(`not reached: ${stepName(step)}`);
      if (wrong.length === 0) continue;
      lost++;
      t.fail(`killed at ${stepName(step)}: ${wrong.join('; ')}`);
      await restore();
    }
    t.ok(kills > chosen.length / 2, `${kills} kills`);
    table.push(
      [scenario.command.padEnd(26), steps.length, chosen.length, kills, lost]
        .map((cell) => String(cell).padStart(6))
        .join(' '),
    );
    await restore();
  };

  for (const scenario of scenarios)
    if (new RegExp(process.env['HTTPD_GUARD_STEPS_OF'] ?? '').test(scenario.command))
      await t.test(scenario.command, (t) => killAtSteps(t, scenario));

  t.comment(`${'command'.padEnd(26)}  steps chosen  kills   lost`);
  for (const row of table) t.comment(row);
  t.equal(await apache.mutexErrors(), '');
  t.ok((await setIds(lab, WWW_DATA)).length > 0);
});
