import {
  type CommandOptions,
  type Values,
  config,
  dryRun,
  flag,
  json,
  jsonLog,
  percentOption,
  quiet,
  quietLog,
  segmentKeys,
  setCount,
  setIds,
  unit,
  guardedUnit,
} from './cli-options.ts';
import type { CheckFormat } from './commands/check.ts';
import type { CommandResult } from './commands/command-result.ts';

/** A command of the command line. */
export interface Command<O extends CommandOptions = CommandOptions> {
  name: string;
  description: string;
  /** Only those that have an effect: the others are usage errors. */
  options: O;
  /** The usage error in a combination of options, or null. */
  conflict?(values: Values<O>): string | null;
  /** Command lines with what they are for. */
  examples: readonly (readonly [line: string, purpose: string])[];
  exitStatus: string;
  /** Loads the command's code and runs it; a number is the exit status of a command that only logs. */
  run(values: Values<O>): Promise<CommandResult | number>;
}

/** Infers the type of the values from the options. */
function command<const O extends CommandOptions>(one: Command<O>): Command<O> {
  return one;
}

const FORMATS = ['text', 'json', 'nagios', 'prometheus'] as const satisfies readonly CheckFormat[];

export const COMMANDS: readonly Command[] = [
  command({
    name: 'check',
    description: 'check the semaphore table (read-only): will httpd start, and who owns each set?',
    options: {
      ...unit,
      ...config,
      json: flag('same as --format json'),
      ...quiet,
      verbose: flag('print every set'),
      format: { choices: FORMATS, requiresArg: true, describe: 'output format (default: text)' },
      explain: flag('print the finding of each rule and its source'),
      warn: percentOption('warn at N percent of a limit (default: 80)'),
      crit: percentOption('critical at N percent of a limit (default: 100)'),
      output: {
        type: 'string',
        requiresArg: true,
        describe: 'with --format prometheus: file for the metrics, replaced atomically (default: stdout)',
      },
    },
    conflict({ json: asJson, format, output, warn, crit }) {
      if (asJson && format !== undefined && format !== 'json')
        return `--json has no effect on check --format ${format}`;
      if (output !== undefined && format !== 'prometheus')
        return '--output has no effect on check without --format prometheus';
      if (warn !== undefined && crit !== undefined && warn > crit)
        return `--warn (${warn}) must not exceed --crit (${crit})`;
      return null;
    },
    examples: [
      ['check', 'is httpd at risk?'],
      ['check --format nagios', 'run as a monitoring plugin'],
      ['check --format prometheus', 'metrics of every guarded unit'],
    ],
    exitStatus: '0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, 64 usage error; with --output 0 written, 73 not.',
    async run(values) {
      const { check } = await import('./commands/check.ts');
      return check({ ...values, format: values.format ?? (values.json ? 'json' : 'text') });
    },
  }),
  command({
    name: 'status',
    description:
      'print whether httpd-guard is on: hooks, watcher, last action, version, and whether httpd serves',
    options: { ...guardedUnit, ...config, ...json, ...quiet },
    examples: [['status', 'is httpd guarded?']],
    exitStatus: '0 on and working, 1 degraded, 3 not installed, 64 usage error.',
    async run(values) {
      const { status } = await import('./commands/status.ts');
      return status(values);
    },
  }),
  command({
    name: 'clean',
    description: 'remove the semaphore sets that check calls orphan, nothing else',
    options: {
      ...unit,
      ...config,
      ...json,
      ...quiet,
      verbose: flag('print every id and every reason'),
      ...dryRun,
      set: {
        type: 'string',
        array: true,
        coerce: setIds,
        describe: 'limit to these set ids; only orphaned ones among them are removed',
      },
      'shm-key': {
        type: 'string',
        array: true,
        coerce: segmentKeys,
        describe:
          'remove orphaned shared memory with these keys instead (nothing attached, creator has exited)',
      },
    },
    conflict({ set, shmKey }) {
      return set !== undefined && shmKey !== undefined ? '--set has no effect on clean --shm-key' : null;
    },
    examples: [
      ['clean --dry-run', 'what would be removed?'],
      ['clean --set 0 32769', 'these two, if they are orphaned'],
    ],
    exitStatus: '0 none left, 1 some could not be removed, 3 unsure (kept), 64 usage error, 77 not root.',
    async run(values) {
      const { clean } = await import('./commands/clean.ts');
      return clean(values);
    },
  }),
  command({
    name: 'pre-start',
    description: 'run by ExecStartPre: clean within a few seconds; never keeps httpd from starting',
    options: { ...unit, ...config, ...jsonLog, ...quietLog, strict: flag('exit as clean does') },
    examples: [['pre-start --unit httpd.service', 'as the drop-in runs it']],
    exitStatus: '0 always, with --strict as clean; 64 usage error.',
    async run(values) {
      const { preStart } = await import('./commands/pre-start.ts');
      return preStart(values);
    },
  }),
  command({
    name: 'post-stop',
    description: 'run by ExecStopPost: log why the run failed, and remove the sets it leaked',
    options: { ...unit, ...config, ...jsonLog, ...quietLog },
    examples: [['post-stop --unit httpd.service', 'as the drop-in runs it']],
    exitStatus: '0 always; 64 usage error.',
    async run(values) {
      const { postStop } = await import('./commands/post-stop.ts');
      return postStop(values);
    },
  }),
  command({
    name: 'diagnose',
    description: 'print why httpd is down, and how to fix it',
    options: { ...unit, ...config, ...json, quiet: flag('print only the cause and the fixes') },
    examples: [['diagnose', 'why is httpd down?']],
    exitStatus: '0 cause found, 1 no known cause, 3 unknown, 64 usage error.',
    async run(values) {
      const { diagnose } = await import('./commands/diagnose.ts');
      return diagnose(values);
    },
  }),
  command({
    name: 'recover',
    description:
      'start httpd again if it failed because no semaphore set could be created, and verify that it stays up',
    options: {
      ...unit,
      ...config,
      ...json,
      ...quiet,
      ...dryRun,
      requested: flag('recover the units requested by the watcher, as its service does; logs the results'),
    },
    conflict({ requested, unit: name }) {
      return requested && name !== undefined ? '--unit has no effect on recover --requested' : null;
    },
    examples: [['recover --dry-run', 'what would be done?']],
    exitStatus:
      '0 healthy (already, or again), 1 failed for another reason (nothing done), 2 recovery failed, 3 unknown (nothing done), 64 usage error, 77 not root.',
    async run(values) {
      const { recoverCommand } = await import('./commands/recover.ts');
      return recoverCommand(values);
    },
  }),
  command({
    name: 'history',
    description: 'print what httpd-guard did and why, from the journal, newest last',
    options: {
      ...guardedUnit,
      ...config,
      ...json,
      quiet: flag('print only the entries'),
      verbose: flag('print the figures of each entry as well'),
      since: {
        type: 'string',
        requiresArg: true,
        describe: 'show entries since TIME (journalctl syntax; default: all)',
      },
    },
    examples: [['history --since yesterday', 'what happened last night?']],
    exitStatus: '0, or 3 if the journal cannot be read; 64 usage error.',
    async run(values) {
      const { history } = await import('./commands/history.ts');
      return history(values);
    },
  }),
  command({
    name: 'config',
    description: 'print the effective configuration and where each value comes from',
    options: { ...unit, ...config, ...json },
    examples: [['config', 'which values are in effect?']],
    exitStatus: '0, or 1 if the configuration is invalid; 64 usage error.',
    async run(values) {
      const { config: printConfig } = await import('./commands/config.ts');
      return printConfig(values);
    },
  }),
  command({
    name: 'limits',
    description: 'print the semaphore limits, their use by owner, and how many kill -9 httpd survives',
    options: {
      ...unit,
      ...config,
      ...json,
      ...quiet,
      verbose: flag('print every owner'),
      ...dryRun,
      raise: {
        type: 'string',
        requiresArg: true,
        coerce: setCount,
        describe: 'raise the limit to this many sets, now and at each boot',
      },
    },
    conflict({ raise, dryRun: isDry, unit: name, config: file, verbose }) {
      if (raise === undefined) return isDry ? '--dry-run has no effect on limits without --raise' : null;
      const given = { unit: name !== undefined, config: file !== undefined, verbose };
      const idle = Object.entries(given).find(([, isGiven]) => isGiven);
      return idle === undefined ? null : `--${idle[0]} has no effect on limits --raise`;
    },
    examples: [
      ['limits', 'who owns the sets?'],
      ['limits --raise 32000', 'allow 32000 sets'],
    ],
    exitStatus: '0 done, 1 refused, 64 usage error, 77 not root.',
    async run(values) {
      const { limits } = await import('./commands/limits.ts');
      return limits(values);
    },
  }),
  command({
    name: 'watch',
    description: 'follow the journal and the state of the guarded units, and request recoveries (a service)',
    options: { ...jsonLog, ...quietLog },
    examples: [['watch --json', 'log in JSON; normally it runs as httpd-guard-watch.service']],
    exitStatus: '0 on SIGTERM; 64 usage error.',
    async run(values) {
      const { watch } = await import('./commands/watch.ts');
      return watch(values);
    },
  }),
  command({
    name: 'install',
    description: 'install the hooks into the unit of httpd, and start the watcher',
    options: { ...unit, ...config, ...json, quiet: flag('print only errors'), ...dryRun },
    examples: [['install', 'for the httpd of this host']],
    exitStatus: '0 done, 1 refused, 64 usage error, 77 not root.',
    async run(values) {
      const { install } = await import('./commands/install.ts');
      return install(values);
    },
  }),
  command({
    name: 'uninstall',
    description: 'remove the hooks, and with the last guarded unit the watcher',
    options: { ...guardedUnit, ...json, quiet: flag('print only errors'), ...dryRun },
    examples: [['uninstall', 'from every guarded unit']],
    exitStatus: '0 done, 1 refused, 64 usage error, 77 not root.',
    async run(values) {
      const { uninstall } = await import('./commands/uninstall.ts');
      return uninstall(values);
    },
  }),
];
