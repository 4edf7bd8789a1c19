import { setsToAdvise } from '../../limits/kernel-sem.ts';
import { counted } from '../../text/counted.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type AdviceInput, type Cure, cure, writeDropIn, killWorkers } from './cure.ts';

/** For a full table without a set that is proven to be orphaned. */
export function demandCures(input: AdviceInput, start: readonly string[]): Cure[] {
  const { unsure, ownerUnknown, blockingServers, silentOrphans, hasFreeSetsAgain } = input;
  if (hasFreeSetsAgain)
    return [
      cure('the table was full and has free sets now', `httpd-guard recover --unit ${shellWord(input.unit)}`),
      ...tableCures(input),
    ];
  return [
    ...(unsure === 0 || silentOrphans.length === 0
      ? []
      : [
          cure(
            'terminate the workers of a killed master, which serve nothing and could use its sets, then remove those and start',
            killWorkers(silentOrphans),
            `httpd-guard recover --unit ${shellWord(input.unit)}`,
          ),
        ]),
    ...blockingServers.map(({ unit, sets: known }) =>
      cure(
        `${unit} could use ${known} sets, more than one server needs. Restart it, then remove the orphaned ones among them`,
        `systemctl restart ${shellWord(unit)}`,
        'httpd-guard clean',
        ...start,
      ),
    ),
    ...(unsure === 0 ? [] : [unsureCure(unsure, ownerUnknown)]),
    ...raiseCure(
      input,
      `enlarge the table, now and at each boot${start.length === 0 ? '' : ', then start'}`,
      start,
    ),
    ...apartCures(input),
    cure('who owns the sets', 'httpd-guard limits', 'httpd-guard check --explain'),
  ];
}

function unsureCure(unsure: number, ownerUnknown: string | null): Cure {
  const sets = `${counted(unsure, 'set')} may be orphaned`;
  return ownerUnknown === null
    ? cure(
        `${sets}, but cannot be proven to be. The reasons, best seen as root`,
        'sudo httpd-guard check --explain',
      )
    : cure(`${sets}: ${ownerUnknown}`);
}

/** Fixes that keep httpd out of the table or enlarge it. */
export function tableCures(input: AdviceInput): Cure[] {
  return [...apartCures(input), ...raiseCure(input, 'or enlarge the table, now and at each boot')];
}

/** Fixes that keep httpd out of the table. */
function apartCures(input: AdviceInput): Cure[] {
  const { unit: name } = input;
  const unit = shellWord(name);
  const mutexes =
    'use mutexes that are not System V sets: "Mutex pthread default" (or "Mutex file:/run default") in the configuration of httpd instead of each "Mutex sysvsem"; in 2.2 AcceptMutex';
  return [
    ...(!canBeApart(input)
      ? []
      : [
          {
            say: 'permanently, by one of these: give it its own IPC namespace: leaked sets disappear with it, and no other program can fill it',
            run: [
              ...writeDropIn(input, 'private-ipc.conf', 'PrivateIPC=yes'),
              `systemctl reset-failed ${unit}`,
              `systemctl restart ${unit}`,
            ],
            traps: [
              'needs systemd 248 or newer; older versions ignore the setting and log that',
              'PHP and CGI in it no longer share System V IPC with cron jobs and the command line',
              `some unprivileged containers silently ignore it: readlink /proc/1/ns/ipc /proc/$(systemctl show -p MainPID --value ${unit})/ns/ipc must print two different names`,
              'kernel.sem of the host does not apply in it, but the defaults of the kernel do: 32000 sets since Linux 3.19',
              'sets leaked before stay in the table of the host: httpd-guard clean',
            ],
          },
        ]),
    {
      say: canBeApart(input) ? `or ${mutexes}` : `permanently: ${mutexes}`,
      run: [],
      traps: [
        'modules with locks of their own ignore Mutex: mod_wsgi, mod_jk, mod_qos, mod_python, ModSecurity',
      ],
    },
  ];
}

/** Whether PrivateIPC=yes is an option: not set yet, and systemd is not known to be too old. */
function canBeApart({ facts }: AdviceInput): boolean {
  return !facts.known || (facts.value.knowsPrivateIpc && !facts.value.privateIpc);
}

function isApart({ facts }: AdviceInput): boolean {
  return facts.known && facts.value.privateIpc;
}

/** None if the unit has its own table, to which the kernel's defaults apply. */
function raiseCure(input: AdviceInput, say: string, then: readonly string[] = []): Cure[] {
  const sets = input.use.known ? setsToAdvise(input.use.value) : null;
  return sets === null || isApart(input) ? [] : [cure(say, `httpd-guard limits --raise ${sets}`, ...then)];
}
