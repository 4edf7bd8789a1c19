import type { UnitFacts } from './unit-facts.ts';

/** Results that each setting of Restart= covers, but for an exit with 0 (systemd.service(5), the table below Restart=). */
const COVERED: Readonly<Record<string, RegExp>> = {
  always: /./,
  'on-failure': /^(exit-code|signal|core-dump|timeout|watchdog|oom-kill|protocol|resources)$/,
  'on-abnormal': /^(signal|core-dump|timeout|watchdog|oom-kill)$/,
  'on-abort': /^(signal|core-dump)$/,
  'on-watchdog': /^watchdog$/,
};

/** Whether systemd starts the unit again by itself after a run with this result. */
export function restartsByItself({ restart }: Pick<UnitFacts, 'restart'>, result: string): boolean {
  if (restart === 'on-success') return result === 'success';
  if (!Object.hasOwn(COVERED, restart) || result === 'start-limit-hit') return false;
  return COVERED[restart]?.test(result) === true;
}
