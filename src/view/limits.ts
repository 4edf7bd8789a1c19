import { type Fact, valueOrNull } from '../core/fact.ts';
import { kernelSemText } from '../core/limits/kernel-sem.ts';
import type { Kills, Limits, UnitNeed } from '../core/limits/kills-left.ts';
import type { TableOwner } from '../core/limits/owners.ts';
import { type TableUse, type Use, percent } from '../core/verdict/table-use.ts';
import { counted } from '../core/text/counted.ts';
import { escape } from './escape.ts';
import { isoTime } from './iso-time.ts';
import type { LimitsJson } from './schemas/limits.ts';

const MOST_OWNERS = 10;

/** `limits` as text: the limits and the use of the table, its owners, and how many kill -9 each httpd survives. */
export function limitsText(limits: Limits, { quiet, verbose }: { quiet: boolean; verbose: boolean }): string {
  const needs = limits.units.flatMap((need) => needLines(need, limits.use, { quiet }));
  if (quiet) return needs.join('');
  const { kernelSem, use, firstNamespace, missing, needed, units } = limits;
  const lines = [
    kernelSem.known
      ? `kernel.sem = ${kernelSemText(kernelSem.value)} (SEMMSL SEMMNS SEMOPM SEMMNI)\n`
      : 'kernel.sem could not be read.\n',
    ...(firstNamespace.known && !firstNamespace.value
      ? ["These limits are this container's, not the host's.\n"]
      : []),
    ...(use.known
      ? ['\n', useLine('sets (SEMMNI)', use.value.sets), useLine('semaphores (SEMMNS)', use.value.semaphores)]
      : ['The use of the semaphore table could not be read.\n']),
    ...ownerLines(valueOrNull(limits.owners) ?? [], verbose),
    ...(needs.length === 0 ? [] : ['\n', ...needs]),
    ...(units.length > 1 && needed !== null
      ? [
          `Together they need at most ${counted(needed, 'set')}, not counting proxy balancers and units that are down and disabled.\n`,
        ]
      : []),
    ...(missing.length === 0 ? [] : ['\n', ...missing.map((why) => `could not be read: ${escape(why)}\n`)]),
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
    ...(hidden > 0 ? [`          ... and ${hidden} more (--verbose shows all)\n`] : []),
  ];
}

function needLines(need: UnitNeed, use: Fact<TableUse>, { quiet }: { quiet: boolean }): string[] {
  const { unit, active, mechanism, registered, held, guarded, kills } = need;
  const about = [
    mechanism === null
      ? 'mutex mechanism unknown (httpd does not report it)'
      : `mutex mechanism ${mechanism}`,
    ...(registered === null
      ? []
      : [`${counted(registered, 'System V mutex', 'System V mutexes')} registered`]),
    ...(held === null ? [] : [`${counted(held, 'set')} in use`]),
  ];
  const guard =
    guarded && kills.leaks === true ? '; guarded: orphaned sets are removed before each start' : '';
  return [
    ...(quiet ? [] : [`${escape(unit)}: ${escape(active)}, ${escape(about.join(', '))}\n`]),
    `${quiet ? `${escape(unit)}: ` : '  '}${escape(killsText(kills, use))}${guard}\n`,
  ];
}

function killsText(kills: Kills, use: Fact<TableUse>): string {
  if (kills.leaks === null) return `how many kill -9 it survives is unknown: ${kills.why}`;
  if (!kills.leaks) return `does not leak: ${kills.why}`;
  const { left, least, startFits } = kills;
  if (startFits === false)
    return `the next start fails: ${shortage(use)} (see what can be removed: httpd-guard check)`;
  if (startFits === null)
    return 'the next start may fail: fewer sets are free than it may need (see what can be removed: httpd-guard check)';
  if (left === null || least < left) return `survives at least ${least} more kill -9`;
  return `survives ${left} more kill -9`;
}

/** What is lacking for a start. A few sets can have so many semaphores that these are used up first. */
function shortage(use: Fact<TableUse>): string {
  if (!use.known) return 'no set is free';
  const { sets, semaphores } = use.value;
  if (sets.used >= sets.max) return 'no set is free';
  return semaphores.used >= semaphores.max
    ? 'no semaphore is free'
    : 'fewer sets are free than its proxy balancers need';
}

/** The object of `limits --json` (documented in httpd-guard(8)). What could not be read is null and named in `reasons`. */
export function limitsJson(limits: Limits): LimitsJson {
  const { takenMs, kernelSem, use, owners, firstNamespace, units, needed, missing } = limits;
  return {
    schema: 1,
    takenAt: isoTime(takenMs),
    kernelSem: valueOrNull(kernelSem),
    firstNamespace: valueOrNull(firstNamespace),
    limits: valueOrNull(use),
    owners: owners.known ? [...owners.value] : null,
    needed,
    units: units.map(({ kills, ...need }) => ({
      ...need,
      leaks: kills.leaks,
      killsLeft: kills.leaks === true ? kills.left : null,
      killsLeftAtLeast: kills.leaks === true ? kills.least : null,
      startFits: kills.leaks === true ? kills.startFits : null,
      why: kills.leaks === true ? null : kills.why,
    })),
    reasons: [...missing],
  };
}
