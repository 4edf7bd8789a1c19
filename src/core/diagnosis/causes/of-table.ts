import { isKill } from '../../units/end-result.ts';
import { valueOrNull } from '../../fact.ts';
import { counted } from '../../text/counted.ts';
import type { UnitFacts } from '../../units/unit-facts.ts';
import { type TableUse, freeSets } from '../../verdict/table-use.ts';
import type { FailureFacts } from '../failure-facts.ts';
import type { Finding } from '../finding.ts';
import { endOf, endedByExit } from './last-end.ts';
import type { SetsNeed } from './sets-need.ts';

/**
 * full: no set can be created at all. short: fewer than a start creates, since a start that fails at its third set removes the
 * first two. after a kill: no start has failed yet, but the next one will.
 */
export type Level = 'full' | 'short' | 'after a kill';

export function tableCause(unit: UnitFacts, facts: FailureFacts, level: Level): Finding | null {
  const end = endOf(unit, facts);
  const wasKilled = isKill(end.result) || end.result === 'timeout' || end.result === 'gone';
  if (level === 'after a kill' ? !wasKilled : !endedByExit(end)) return null;
  // After a kill its own sets stay in the table, so the present table decides; else the table when the run ended, if it is known.
  const then = facts.ending?.use ?? null;
  const isOutside = looksFromOutside(unit, facts);
  const now = isOutside ? null : valueOrNull(facts.use);
  const use = level === 'after a kill' ? now : (then ?? now);
  const orphans = Math.max(facts.ending?.orphans ?? 0, isOutside ? 0 : facts.orphans);
  // The table does not affect mutexes of other mechanisms, unless orphaned sets show that modules create their own.
  if (use === null || (facts.sysvMutexes === 0 && orphans === 0)) return null;
  const { need } = facts;
  const needed = level === 'full' ? 1 : (need?.sets ?? 1);
  const free = freeSets(use);
  if (free >= needed && !exceedsTable(facts, use)) return null;
  const isLeak = orphans > 0 && free + orphans >= (need?.least ?? 0);
  return {
    cause: isLeak ? 'semaphore-leak' : 'semaphore-demand',
    evidence: [
      {
        rule: 'table',
        saw: `${inUse(use)}${use === then ? ' when the run ended' : ''}`,
        source: '/proc/sysvipc/sem',
      },
      { rule: 'orphans', saw: orphansText(orphans, facts.unsure), source: 'httpd-guard check --explain' },
      ...(need === null || (level === 'full' && !exceedsTable(facts, use))
        ? []
        : [{ rule: 'need' as const, saw: needText(need), source: 'httpd -t -D DUMP_RUN_CFG' }]),
    ],
    ...(level === 'short' && !exceedsTable(facts, use) ? { weak: true } : {}),
    ...(level === 'after a kill' ? { isBeforeStart: true } : {}),
    ...(exceedsTable(facts, use) || use.sets.used === 0 ? { isTableTooSmall: true } : {}),
  };
}

/** Whether a start needs more sets than the table can hold even when it is empty. */
function exceedsTable({ need }: FailureFacts, { sets, semaphores }: TableUse): boolean {
  return need !== null && need.least > Math.min(sets.max, semaphores.max);
}

function orphansText(orphans: number, unsure: number): string {
  const doubt = unsure > 0 ? `, and ${unsure} that may be orphaned` : '';
  return orphans === 0
    ? `no orphaned set${doubt}`
    : `${counted(orphans, 'orphaned set')}, leaked by a killed httpd${doubt}`;
}

function needText({ sets, by }: SetsNeed): string {
  switch (by) {
    case 'seen':
      return `its last good run had ${counted(sets, 'set')}`;
    case 'configured':
      return `its configuration needs up to ${counted(sets, 'set')}, balancers included`;
    case 'batch':
      return `one killed run leaked ${counted(sets, 'set')}`;
    case 'registered':
      return `a start creates up to ${counted(sets, 'set')}`;
  }
}

/** Whether the table was too full when the run ended and has enough free sets for a start now. */
export function hasFreeSetsAgain(facts: FailureFacts): boolean {
  const { unit, ending, use, need } = facts;
  if (!unit.known || ending?.use == null || !use.known || looksFromOutside(unit.value, facts)) return false;
  return need !== null && freeSets(use.value) >= Math.max(1, need.sets);
}

/** The state of the table, for people. */
export function tableState(unit: UnitFacts, facts: FailureFacts): string {
  if (looksFromOutside(unit, facts))
    return `${unit.name} had its own IPC namespace (PrivateIPC=yes), which ended with it`;
  return facts.use.known ? inUse(facts.use.value) : facts.use.why;
}

/**
 * Whether this is not the table of the unit, which had its own IPC namespace (PrivateIPC=) until it ended. Only ExecStopPost= runs
 * in that namespace, and records its table.
 */
function looksFromOutside({ privateIpc }: UnitFacts, { ending }: FailureFacts): boolean {
  return privateIpc && (ending === null || ending.use !== null);
}

function inUse({ sets, semaphores }: TableUse): string {
  return `${sets.used} of ${sets.max} sets and ${semaphores.used} of ${semaphores.max} semaphores in use`;
}
