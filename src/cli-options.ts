import type { InferredOptionType, Options } from 'yargs';
import { serviceName } from './core/httpd/choose-unit.ts';
import { CONFIGURATION_FILE } from './host/config/configuration-file.ts';

/** A usage error: what is wrong, in one line. */
export class UsageError extends Error {}

/** Options by their long names, without the dashes. */
export type CommandOptions = Readonly<Record<string, Options>>;

type CamelCase<Name> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** The values of options as a command gets them: a flag that was not given is false. */
export type Values<O extends CommandOptions> = {
  [Name in keyof O as CamelCase<Name>]: O[Name] extends { type: 'boolean' }
    ? boolean
    : InferredOptionType<O[Name]>;
};

/** The name under which a command gets the value of an option. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** No default: the help would show it as "[default: false]", which says nothing. */
export function flag(describe: string) {
  return { type: 'boolean', describe } as const;
}

export const unit = {
  unit: {
    type: 'string',
    requiresArg: true,
    coerce: unitName,
    describe: 'systemd unit of httpd (default: auto-detected)',
  },
} as const;

/** For a command that is about all that is guarded. */
export const guardedUnit = {
  unit: { ...unit.unit, describe: 'systemd unit of httpd (default: all guarded units)' },
} as const;

export const config = {
  config: {
    type: 'string',
    requiresArg: true,
    describe: `configuration file (default: ${CONFIGURATION_FILE})`,
  },
} as const;

export const json = { json: flag('print JSON') };
export const jsonLog = { json: flag('log in JSON') };
export const quiet = { quiet: flag('print only the result') };
export const quietLog = { quiet: flag('log only warnings and errors') };
export const dryRun = { 'dry-run': flag('print what would be done and change nothing') };

/** No default: the configuration has it. */
export function percentOption(describe: string) {
  return { type: 'number', requiresArg: true, coerce: percent, describe } as const;
}

function percent(value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < 0 || value > 100)
    throw new UsageError('--warn and --crit take whole numbers from 0 to 100');
  return value;
}

function unitName(text: string): string {
  const name = serviceName(text);
  if (name === null) throw new UsageError(`--unit: "${text}" is not a valid name of a service`);
  return name;
}

export function segmentKeys(texts: string[]): number[] {
  if (texts.length === 0)
    throw new UsageError('--shm-key takes keys of shared memory segments, as printed by ipcs -m');
  return texts.map((text) => {
    const key = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : NaN;
    if (!(key > 0 && key <= 0xffffffff))
      throw new UsageError(`--shm-key: "${text}" is not a key of a shared memory segment (see ipcs -m)`);
    return key | 0;
  });
}

export function setIds(texts: string[]): number[] {
  if (texts.length === 0) throw new UsageError('--set takes ids of semaphore sets, as printed by check');
  return texts.map((text) => {
    if (!/^\d{1,10}$/.test(text) || Number(text) > 0x7fffffff)
      throw new UsageError(`--set: "${text}" is not an id of a semaphore set (see httpd-guard check)`);
    return Number(text);
  });
}

export function setCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`--raise: "${text}" is not a number of semaphore sets (see httpd-guard limits)`);
  return Number(text);
}
