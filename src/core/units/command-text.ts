import type { FailedCommand } from './unit-facts.ts';

/** The most characters that are shown of a command line. */
const MOST_COMMAND = 100;

export function commandText({ setting, command }: FailedCommand): string {
  const text = command.join(' ');
  return `${setting}=${text.length > MOST_COMMAND ? `${text.slice(0, MOST_COMMAND)}...` : text}`;
}
