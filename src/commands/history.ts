import { readConfiguration } from '../host/config/configuration.ts';
import { readHistory } from '../host/logs/read-history.ts';
import { jsonText } from '../view/json-text.ts';
import { escape } from '../view/escape.ts';
import { historyJson, historyText } from '../view/history.ts';
import { type CommonOptions, type CommandResult, wrongConfiguration } from './command-result.ts';
import { SystemdSession } from '../host/systemd/systemd-session.ts';
import { findServer, serverChoice, userAdvice } from '../workflows/servers/find-server.ts';

export interface HistoryOptions extends CommonOptions {
  /** In journalctl's syntax. */
  since?: string | undefined;
}

const TIMEOUT_MS = 60_000;
/** To ask httpd for its user. */
const ASK_TIMEOUT_MS = 2_000;
const CANNOT_TELL = 3;
/** EX_USAGE of sysexits.h. */
const WRONG_USAGE = 64;

/** Prints what httpd-guard did and why, by its journal entries. */
export async function history(options: HistoryOptions): Promise<CommandResult> {
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, CANNOT_TELL);
  const choice = serverChoice(options.unit, configuration.value);
  const [read, server] = await Promise.all([
    readHistory({ since: options.since ?? null, unit: choice.unit, timeoutMs: TIMEOUT_MS }),
    findServer(choice, 'read-only', SystemdSession.within(ASK_TIMEOUT_MS)),
  ]);
  if (!read.known) {
    const sentence =
      read.badSince === true
        ? `--since: ${read.why}; valid are for example "2 hours ago" and "2026-03-01 12:00"`
        : `the journal cannot be read: ${read.why}`;
    return {
      stdout: '',
      stderr: `httpd-guard: ${escape(sentence)}\n`,
      exitCode: read.badSince === true ? WRONG_USAGE : CANNOT_TELL,
    };
  }
  const { entries, more } = read.value;
  const stdout = options.json
    ? jsonText(historyJson(entries, more))
    : historyText(entries, { ...options, more });
  const advice = options.quiet ? null : userAdvice(server);
  return { stdout, stderr: advice === null ? '' : `httpd-guard: ${escape(advice)}\n`, exitCode: 0 };
}
