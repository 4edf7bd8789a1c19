export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

const CODE: Record<Colour, number> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };

/** Colours text; returns it unchanged when colours are off. */
export type Paint = (colour: Colour, text: string) => string;

export const painter = (on: boolean): Paint =>
  on ? (colour, text) => `\u001b[${CODE[colour]}m${text}\u001b[0m` : (_, text) => text;

/** Whether to use colours: on a terminal, unless NO_COLOR or TERM=dumb is set (https://no-color.org). */
export function wantsColour(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}
