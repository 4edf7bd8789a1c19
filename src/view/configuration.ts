import { escape } from './escape.ts';
import type { ConfigJson } from './schemas/config.ts';

/** An effective setting. `origin` is the file or the variable, or where it comes from in words, or why it is not known. */
export type EffectiveValue = ConfigJson['settings'][number];

/** `config` as text: one line for each setting. */
export function configurationText(values: readonly EffectiveValue[]): string {
  const shown = values.map(({ name, value, origin }) => ({
    name,
    value: value === null ? 'none' : escape(JSON.stringify(value)),
    origin: escape(origin),
  }));
  const width = (of: (one: (typeof shown)[number]) => string): number =>
    Math.max(...shown.map((one) => of(one).length));
  const nameWidth = width(({ name }) => name);
  const valueWidth = width(({ value }) => value);
  return shown
    .map(({ name, value, origin }) => `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${origin}\n`)
    .join('');
}

/** The object of `config --json` (documented in httpd-guard(8)). */
export function configurationJson(values: readonly EffectiveValue[]): ConfigJson {
  return { schema: 1, settings: [...values] };
}
