import { isForSets } from '../../core/diagnosis/cause.ts';
import { type Health, countVerdicts } from '../../core/check/health.ts';
import type { Report } from '../../core/check/report.ts';
import { lostSets } from '../../core/register/losses.ts';
import { counted } from '../../core/text/counted.ts';
import { isUp } from '../../core/units/unit-state.ts';
import { percent } from '../../core/verdict/table-use.ts';
import type { Colour, Paint } from '../colour.ts';
import { FREE_SETS_AGAIN, causeSentence } from '../diagnosis.ts';
import { escape } from '../escape.ts';

const COLOUR: Record<Health['status'], Colour> = {
  ok: 'green',
  warning: 'yellow',
  critical: 'red',
  unknown: 'yellow',
};

/** The first line of `check`: whether httpd is at risk, and of what. */
export function headline(report: Report, paint: Paint): string {
  return paint(COLOUR[report.health.status], paint('bold', sentence(report)));
}

function sentence(report: Report): string {
  const { health, judgements, use, unit, finding, snapshot, degraded } = report;
  if (
    finding !== null &&
    health.status !== 'unknown' &&
    finding.cause !== 'none' &&
    !isForSets(finding.cause)
  ) {
    const name = unit.known ? escape(unit.value.name) : 'httpd';
    return finding.cause === 'stopped-by-admin'
      ? `${name} is down: ${causeSentence(finding)}.`
      : `${name} is down, not because of semaphores: ${causeSentence(finding)}.`;
  }
  const { orphan } = countVerdicts(judgements);
  const full =
    use.known &&
    (use.value.sets.used >= use.value.sets.max || use.value.semaphores.used >= use.value.semaphores.max);
  const httpd = unit.known ? escape(unit.value.name) : 'httpd';
  const orphans = `${counted(orphan, 'set')} ${orphan === 1 ? 'is' : 'are'} orphaned (leaked by a killed httpd)`;
  switch (health.status) {
    case 'ok':
      return `${httpd} is not at risk from semaphores.`;
    case 'warning':
      if (degraded !== null) return `${httpd} is running without some of its semaphore sets.`;
      if (orphan === 0 && isBelowWarning(report))
        return `${httpd} is not at risk from semaphores, but httpd-guard does not work.`;
      return `${httpd} is not at risk yet, but ${orphan > 0 ? orphans : 'the semaphore table is filling up'}.`;
    case 'critical':
      if (unit.known && lostSets(unit.value.name, snapshot.register.losses) > 0)
        return `${httpd} is running without semaphore sets that it needs: requests may hang or fail.`;
      if (!full || finding?.isTableTooSmall === true) return notFull(httpd, finding);
      return `${httpd} ${unit.known && isUp(unit.value) ? 'could not start again after a kill -9' : 'cannot start'}: the semaphore table is full, ${
        orphan > 0
          ? orphans
          : 'and none of the sets can be proven to be orphaned. Who owns them: httpd-guard limits'
      }.`;
    case 'unknown':
      return 'Whether httpd is at risk is unknown.';
  }
}

function notFull(httpd: string, finding: Report['finding']): string {
  if (finding === null || !isForSets(finding.cause))
    return `${httpd} is at risk: the semaphore table is nearly full.`;
  if (finding.hasFreeSetsAgain === true) return `${httpd} is down: ${FREE_SETS_AGAIN}.`;
  return finding.isTableTooSmall === true
    ? `${httpd} is down: ${causeSentence(finding)}.`
    : `${httpd} is down and may not start: the semaphore table has too few free sets.`;
}

function isBelowWarning({ use, warnPercent }: Report): boolean {
  return use.known && Math.max(percent(use.value.sets), percent(use.value.semaphores)) < warnPercent;
}
