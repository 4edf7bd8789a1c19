import { countVerdicts } from '../core/health.ts';
import type { Report } from '../core/report.ts';
import { escape } from './escape.ts';

/** One line of a monitoring plugin: status, reason, and after "|" the figures as label=value;warn;crit;min;max. */
export function reportNagios({ health, use, judgements, snapshot }: Report): string {
  const reason =
    health.reasons[0] ??
    (use.known ? `${use.value.sets.used} of ${use.value.sets.max} semaphore sets in use` : 'nothing to say');
  // "|" would begin the figures.
  const text = `HTTPD-GUARD ${health.status.toUpperCase()} - ${escape(reason).replaceAll('|', '/')}`;
  if (!use.known) return `${text}\n`;
  const { sets, semaphores } = use.value;
  const orphans =
    snapshot.sets.known && snapshot.view.known && snapshot.owner.known
      ? ` orphans=${countVerdicts(judgements).orphan};;;0`
      : '';
  return `${text} | sets=${sets.used};;;0;${sets.max} semaphores=${semaphores.used};;;0;${semaphores.max}${orphans}\n`;
}
