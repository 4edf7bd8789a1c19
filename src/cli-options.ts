import type { Argv, Options } from 'yargs';
import { serviceName } from './core/httpd/choose-unit.ts';
import { CONFIGURATION_FILE } from './host/config/configuration-file.ts';

// The words of the command line, each checked once.

/** Wrong usage: what is wrong, in one line. */
export class UsageError extends Error {}

/** What every command takes. */
export function common<T>(command: Argv<T>) {
  return command
    .option('unit', {
      type: 'string',
      requiresArg: true,
      coerce: unitName,
      describe: 'The unit of httpd; found when not given',
    })
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: `A configuration file instead of ${CONFIGURATION_FILE}`,
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
    .option('quiet', { type: 'boolean', default: false, describe: 'Say only what matters' })
    .option('verbose', { type: 'boolean', default: false, describe: 'Say all there is' });
}

export function dryRun<T>(command: Argv<T>) {
  return command.option('dry-run', {
    type: 'boolean',
    default: false,
    describe: 'Only say what would be done',
  });
}

function percent(value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < 0 || value > 100)
    throw new UsageError('--warn and --crit take whole numbers from 0 to 100');
  return value;
}

function unitName(text: string): string {
  const name = serviceName(text);
  if (name === null) throw new UsageError(`--unit: "${text}" cannot be the name of a service`);
  return name;
}

export function keys(texts: string[]): number[] {
  if (texts.length === 0)
    throw new UsageError('--shm-key takes keys of shared memory segments, as ipcs -m shows them');
  return texts.map((text) => {
    const key = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : NaN;
    if (!(key > 0 && key <= 0xffffffff))
      throw new UsageError(`--shm-key: "${text}" is no key of a shared memory segment; ipcs -m shows them`);
    return key | 0;
  });
}

export function ids(texts: string[]): number[] {
  if (texts.length === 0) throw new UsageError('--set takes the ids of semaphore sets; check lists them');
  return texts.map((text) => {
    if (!/^\d{1,10}$/.test(text) || Number(text) > 0x7fffffff)
      throw new UsageError(`--set: "${text}" is no id of a semaphore set; check lists them`);
    return Number(text);
  });
}

export function setCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(
      `--raise: "${text}" is no number of semaphore sets; limits shows how many there may be`,
    );
  return Number(text);
}

/** Without a default: the configuration has it. */
export const percentOption = {
  type: 'number',
  requiresArg: true,
  coerce: percent,
} as const satisfies Options;
