import { escape } from './escape.ts';

/** An effective setting. `origin` is where it comes from (a file, a variable, httpd, the default), or why it is not known. */
export interface EffectiveValue {
  name: string;
  value: unknown;
  origin: string;
}

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
export function configurationJson(values: readonly EffectiveValue[]): string {
  return `${JSON.stringify({ schema: 1, settings: values }, null, 2)}\n`;
}
