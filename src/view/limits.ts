import { valueOrNull } from '../core/fact.ts';
import { kernelSemText } from '../core/limits/kernel-sem.ts';
import type { Kills, Limits, UnitNeed } from '../core/limits/kills-left.ts';
import type { TableOwner } from '../core/limits/owners.ts';
import { type Use, percent } from '../core/verdict/table-use.ts';
import { escape } from './escape.ts';

const MOST_OWNERS = 10;

/** `limits` for people: how large the table is, who has how much, and how long httpd can go on being killed. */
export function limitsText(limits: Limits, { quiet, verbose }: { quiet: boolean; verbose: boolean }): string {
  const needs = limits.units.flatMap((need) => needLines(need, { quiet }));
  if (quiet) return needs.join('');
  const { kernelSem, use, firstNamespace, missing, needed, units } = limits;
  const lines = [
    kernelSem.known
      ? `kernel.sem = ${kernelSemText(kernelSem.value)} (SEMMSL SEMMNS SEMOPM SEMMNI)\n`
      : 'kernel.sem could not be read.\n',
    ...(firstNamespace.known && !firstNamespace.value
      ? ['That of this IPC namespace, which is not the machine’s first.\n']
      : []),
    ...(use.known
      ? ['\n', useLine('sets (SEMMNI)', use.value.sets), useLine('semaphores (SEMMNS)', use.value.semaphores)]
      : ['How full the table is could not be read.\n']),
    ...ownerLines(valueOrNull(limits.owners) ?? [], verbose),
    ...(needs.length === 0 ? [] : ['\n', ...needs]),
    ...(units.length > 1 && needed !== null
      ? [
          `Together they need ${needed} sets at most, balancers apart; those that are down and disabled are not counted.\n`,
        ]
      : []),
    ...(missing.length === 0 ? [] : ['\n', ...missing.map((why) => `not seen: ${escape(why)}\n`)]),
  ];
  return lines.join('');
}

function useLine(label: string, use: Use): string {
  return `${label.padEnd(19)} ${use.used} of ${use.max} in use (${percent(use)} %), ${Math.max(0, use.max - use.used)} free\n`;
}

function ownerLines(owners: readonly TableOwner[], verbose: boolean): string[] {
  if (owners.length === 0) return [];
  const shown = verbose ? owners : owners.slice(0, MOST_OWNERS);
  const hidden = owners.length - shown.length;
  return [
    '\n    sets  semaphores  owner\n',
    ...shown.map(
      ({ uid, user, product, sets, semaphores }) =>
        `${String(sets).padStart(8)}  ${String(semaphores).padStart(10)}  ${escape(user ?? '?')} (uid ${uid})${product === null ? '' : ` (${escape(product)}?)`}\n`,
    ),
    ...(hidden > 0 ? [`          … and ${hidden} more (--verbose shows all)\n`] : []),
  ];
}

function needLines(need: UnitNeed, { quiet }: { quiet: boolean }): string[] {
  const { unit, active, mechanism, registered, held, guarded, kills } = need;
  const about = [
    `mutexes ${mechanism ?? 'of a kind httpd does not tell'}`,
    ...(registered === null ? [] : [`${registered} of System V registered`]),
    ...(held === null ? [] : [`${held} ${held === 1 ? 'set' : 'sets'} in use`]),
  ];
  const clears =
    guarded && kills.leaks === true
      ? '; the guard clears before each start, so what kills leave does not add up'
      : '';
  return [
    ...(quiet ? [] : [`${escape(unit)}: ${escape(active)}, ${escape(about.join(', '))}\n`]),
    `${quiet ? `${escape(unit)}: ` : '  '}${escape(killsText(kills))}${clears}\n`,
  ];
}

function killsText(kills: Kills): string {
  if (kills.leaks === null) return `how many kill -9 it has left could not be told: ${kills.why}`;
  if (!kills.leaks) return `none can leak: ${kills.why}`;
  const { left, least, startFits } = kills;
  if (startFits === false)
    return 'a start fails now: no set is free (httpd-guard check says what can be cleared)';
  if (startFits === null)
    return 'a start may fail now: fewer sets are free than it has or registers (httpd-guard check says what can be cleared)';
  if (left === null)
    return `it starts again after ${least} kill -9; after more, where a start makes fewer sets than are registered`;
  const sure = least < left ? ` (after ${least}, if each start makes all that are registered)` : '';
  return `it starts again after ${left} kill -9${sure}, and not after one more`;
}

/** The object of `limits --json`, schema 1: an interface. What could not be read is null and stands in `reasons`. */
export function limitsJson(limits: Limits): unknown {
  const { takenMs, kernelSem, use, owners, firstNamespace, units, needed, missing } = limits;
  return {
    schema: 1,
    takenAt: new Date(takenMs).toISOString().replace(/\.\d+/, ''),
    kernelSem: valueOrNull(kernelSem),
    firstNamespace: valueOrNull(firstNamespace),
    limits: valueOrNull(use),
    owners: valueOrNull(owners),
    needed,
    units: units.map(({ kills, ...need }) => ({
      ...need,
      leaks: kills.leaks,
      killsLeft: kills.leaks === true ? kills.left : null,
      killsLeftAtLeast: kills.leaks === true ? kills.least : null,
      startFits: kills.leaks === true ? kills.startFits : null,
      why: kills.leaks === true ? null : kills.why,
    })),
    reasons: missing,
  };
}
