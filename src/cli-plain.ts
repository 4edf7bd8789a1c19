import type { Options } from 'yargs';
import { type CommandOptions, camelCase } from './cli-options.ts';

/**
 * The values of options, if the words are only flags, and options with one value each. Null for any other form, for help and for
 * usage errors: yargs reads those, and has the only error messages.
 */
export function plainValues(
  options: CommandOptions,
  words: readonly string[],
): Record<string, unknown> | null {
  const values: Record<string, unknown> = {};
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const name = word.startsWith('--') ? word.slice(2) : '';
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    const key = camelCase(name);
    if (option === undefined || Object.hasOwn(values, key)) return null;
    const value = option.type === 'boolean' ? true : plainValue(option, left.shift());
    if (value === null) return null;
    values[key] = value;
  }
  return values;
}

function plainValue(option: Options, text = ''): unknown {
  // yargs removes quotes around a value, and takes a dash for an option.
  if (text === '' || /^-|["']/.test(text)) return null;
  const value = typedValue(option, text);
  if (value === null || option.coerce === undefined) return value;
  try {
    return (option.coerce as (given: unknown) => unknown)(value);
  } catch {
    return null;
  }
}

function typedValue({ type, array, choices }: Options, text: string): string | number | null {
  if (array === true) return null;
  if (choices !== undefined) return choices.includes(text) ? text : null;
  if (type === 'number') return /^\d{1,9}$/.test(text) ? Number(text) : null;
  return type === 'string' ? text : null;
}
