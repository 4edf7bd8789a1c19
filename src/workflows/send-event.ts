import { readFileSync } from 'node:fs';
import { CONFIGURATION_FILE } from '../host/config/configuration-file.ts';
import { startApart } from '../host/exec/start-apart.ts';
import { realClock } from '../host/proc/real-clock.ts';
import type { EntryFields } from '../host/output/write-entry.ts';
import { escape } from '../view/escape.ts';
import { eventJson } from '../view/journal/event-json.ts';

const TIMEOUT_MS = 1_000;

/** Runs the configured program for an event, with the fields of its journal entry. Best effort, in at most a second. */
export async function sendEvent(
  unit: string | null,
  fields: EntryFields,
  config: string | undefined,
): Promise<void> {
  // Few hosts have one, and reading the whole configuration would make each start with a removal slower.
  if (!mentionsEvents(config ?? CONFIGURATION_FILE)) return;
  const { forUnit, readConfiguration } = await import('../host/config/configuration.ts');
  const configuration = readConfiguration(config);
  const program = configuration.known ? forUnit(configuration.value, unit).values['notify.on-event'] : null;
  if (program === null) return;
  const started = await startApart(program, eventJson(unit, fields, realClock.wallMs()), TIMEOUT_MS);
  if (!started.ok) process.stderr.write(`httpd-guard: on-event was not started: ${escape(started.why)}\n`);
}

function mentionsEvents(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('on-event');
  } catch {
    return false;
  }
}
