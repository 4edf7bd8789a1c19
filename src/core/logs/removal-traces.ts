import { fieldText } from './journal-entry.ts';

/** A hint at who may have removed a semaphore set. Text of logs and of users' files: escaped before it is shown. */
export interface RemovalTrace {
  saw: string;
  /** The file or command that shows it. */
  source: string;
}

const MOST_QUOTE = 200;
const CALL = /\bipcrm\b/;

/** The lines of a crontab, or of a script that cron runs, that call ipcrm. Comments do not. */
export function cronTraces(path: string, text: string): RemovalTrace[] {
  const calls = text.split('\n').find((line) => CALL.test(line) && !/^\s*#/.test(line));
  return calls === undefined
    ? []
    : [{ saw: `a cron job calls ipcrm: ${calls.trim().slice(0, MOST_QUOTE)}`, source: path }];
}

/** The fields of an entry that `journalTrace` reads. */
export const JOURNAL_TRACE_FIELDS: readonly string[] = ['MESSAGE', '_COMM', '_PID'];

/**
 * One line of `journalctl -o json` of programs that log which command they run (cron, sudo), or of ipcrm itself. Null for an entry
 * about something else.
 */
export function journalTrace(json: string): RemovalTrace | null {
  let entry: Record<string, unknown> | null;
  try {
    entry = JSON.parse(json) as Record<string, unknown> | null;
  } catch {
    return null;
  }
  const [message, program, pid] = ['MESSAGE', '_COMM', '_PID'].map((name) => fieldText(entry?.[name]));
  if (message === undefined || (program !== 'ipcrm' && !CALL.test(message))) return null;
  return {
    saw: `${program} (pid ${pid}) logged: ${message.trim().slice(0, MOST_QUOTE)}`,
    source: 'journalctl',
  };
}

/** IPC_RMID, on some architectures with the flag IPC_64 (kernel: include/uapi/linux/ipc.h, ipc/util.c, ipc_parse_version). */
const REMOVES = /^(?:0|100)$/;

/**
 * The records of a successful semctl(2) that removed one of these sets, or of ipcrm, in the output of `ausearch --raw`. Arguments of
 * system calls are in hexadecimal; the kernel quotes names or writes them in hexadecimal (kernel: kernel/audit.c).
 */
export function auditTraces(text: string, ids: ReadonlySet<number>): RemovalTrace[] {
  const traces = text.split('\n').flatMap((line): RemovalTrace[] => {
    if (!/^(?:node=\S+ )?type=SYSCALL /.test(line)) return [];
    const field = (name: string): string => new RegExp(` ${name}=("[^"]*"|\\S+)`).exec(line)?.[1] ?? '';
    const id = Number.parseInt(field('a0'), 16);
    const isRemoval = field('success') === 'yes' && REMOVES.test(field('a2')) && ids.has(id);
    if (!isRemoval && field('comm') !== '"ipcrm"') return [];
    const what = isRemoval ? `removed set ${id}` : 'ran ipcrm';
    const who = `process ${field('pid')} (${field('exe').replaceAll('"', '')}, uid ${field('uid')}, login uid ${field('auid')})`;
    return [{ saw: `${who} ${what}`, source: 'ausearch' }];
  });
  return [...new Map(traces.map((trace) => [trace.saw, trace])).values()];
}
