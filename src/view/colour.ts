export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

const CODE: Record<Colour, number> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };

/** Paints text, or leaves it as it is where colours are off. */
export type Paint = (colour: Colour, text: string) => string;

export const painter = (on: boolean): Paint =>
  on ? (colour, text) => `\u001b[${CODE[colour]}m${text}\u001b[0m` : (_, text) => text;

/** Colours are for a terminal whose owner has not said no (https://no-color.org). */
export function wantsColour(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}
