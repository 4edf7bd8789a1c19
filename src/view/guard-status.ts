import type { HistoryEntry } from '../core/logs/history-entry.ts';
import { type Fact, valueOrNull } from '../core/fact.ts';
import type { GuardFacts, GuardService, GuardedUnit } from '../core/guard/guard-facts.ts';
import { runsAlways } from '../core/guard/guard-problems.ts';
import type { GuardStatus, ServingFacts } from '../core/guard/guard-status.ts';
import { escape } from './escape.ts';
import { isoTime } from './iso-time.ts';
import { localTime } from './local-time.ts';
import type { StatusJson } from './schemas/status.ts';

/** Everything that `status` found. */
export interface StatusReport extends GuardStatus {
  version: string;
  node: { path: string; version: string };
  guard: GuardFacts;
  serving: readonly ServingFacts[];
  /** The last journal entry about each unit; null if there is none. */
  last: ReadonlyMap<string, Fact<HistoryEntry | null>>;
  notGuarded: readonly string[];
  /** Why a fact could not be read. */
  missing: readonly string[];
}

export function statusText(report: StatusReport, { quiet }: { quiet: boolean }): string {
  const { problems, notGuarded, missing } = report;
  const lines = [headline(report)];
  for (const { saw, run } of problems) lines.push(`  ${saw}${run === null ? '' : `. To fix: ${run}`}`);
  if (!quiet) {
    for (const unit of report.guard.units) lines.push('', ...unitLines(unit, report));
    if (report.guard.services.length > 0) lines.push('', ...report.guard.services.map(serviceLine));
    // The headline of a host without a guarded unit has the command for a single one.
    const isFirst = report.state === 'not-installed' && notGuarded.length === 1;
    const how = isFirst ? '' : '. To guard one: httpd-guard install --unit UNIT';
    if (notGuarded.length > 0) lines.push('', `Not guarded: ${notGuarded.join(', ')}${how}`);
    lines.push(...missing.map((why) => `could not be read: ${why}`));
    lines.push('', copyLine(report));
  }
  return lines.map((line) => `${escape(line)}\n`).join('');
}

function headline({ state, guard }: StatusReport): string {
  const units = guard.units.map(({ unit }) => unit).join(', ');
  switch (state) {
    case 'working':
      return `httpd-guard is on: ${units}`;
    case 'degraded':
      return `httpd-guard is degraded: ${units}`;
    case 'not-installed':
      return 'httpd-guard guards no unit. To guard httpd: httpd-guard install';
  }
}

function unitLines(
  { unit, file, hooks, node, nodeVersion }: GuardedUnit,
  { serving, last }: StatusReport,
): string[] {
  const its = serving.find((one) => one.unit === unit);
  const loaded = hooks.known
    ? hooks.value.startPre && hooks.value.stopPost
      ? 'loaded'
      : 'not loaded'
    : 'unknown';
  return [
    unit,
    `  httpd   ${its === undefined ? 'unknown' : servingText(its)}`,
    `  hooks   ${file}, ${loaded}; Node ${nodeVersion.known ? nodeVersion.value : '(does not run)'} (${node ?? 'none'})`,
    `  last    ${lastText(last.get(unit))}`,
  ];
}

function servingText({ facts, ports, health }: ServingFacts): string {
  if (!facts.known) return 'unknown';
  const { active, sub, fileState } = facts.value;
  return [
    `${active} (${sub})`,
    ...(fileState === '' ? [] : [fileState]),
    ...(ports.known && ports.value.length > 0 ? [`listens on ${ports.value.join(', ')}`] : []),
    ...(health === null ? [] : [health.complaint ?? `${health.url} answers`]),
  ].join(', ');
}

function lastText(last: Fact<HistoryEntry | null> | undefined): string {
  if (last === undefined || !last.known) return 'unknown';
  if (last.value === null) return 'nothing in the journal';
  return `${localTime(last.value.atMs)}  ${last.value.sentence}`;
}

function serviceLine({ name, active, enabled, file }: GuardService): string {
  const state = !active.known
    ? 'unknown'
    : active.value === 'inactive' && !runsAlways(name)
      ? 'inactive (starts when needed)'
      : active.value;
  return `${name.padEnd(SERVICE_WIDTH)}  ${state}${enabled === '' ? '' : `, ${enabled}`}, ${file}`;
}

const SERVICE_WIDTH = 'httpd-guard-metrics.service'.length;

function copyLine({ version, node, guard }: StatusReport): string {
  return `httpd-guard ${version} in ${guard.lib}, Node ${node.version} (${node.path})`;
}

/** The object of `status --json`. */
export function statusJson(report: StatusReport): StatusJson {
  const { state, version, guard, node, serving, last, notGuarded, problems, missing } = report;
  return {
    schema: 1,
    state,
    version,
    lib: guard.lib,
    node,
    units: guard.units.map((unit) => {
      const its = serving.find((one) => one.unit === unit.unit);
      const facts = its?.facts.known === true ? its.facts.value : null;
      const entry = valueOrNull(last.get(unit.unit) ?? { known: false, why: '' });
      return {
        name: unit.unit,
        active: facts?.active ?? null,
        sub: facts?.sub ?? null,
        enabled: facts?.fileState ?? null,
        file: unit.file,
        hooks: valueOrNull(unit.hooks),
        node: { path: unit.node, version: valueOrNull(unit.nodeVersion) },
        ports: its?.ports.known === true ? [...its.ports.value] : null,
        health:
          its?.health === null || its === undefined
            ? null
            : { url: its.health.url, ok: its.health.complaint === null },
        last: entry === null ? null : { at: isoTime(entry.atMs), did: entry.did, sentence: entry.sentence },
      };
    }),
    services: guard.services.map(({ name, active, enabled, file }) => ({
      name,
      active: valueOrNull(active),
      enabled: enabled === '' ? null : enabled,
      file,
    })),
    notGuarded: [...notGuarded],
    problems: problems.map(({ unit, saw, run }) => ({ unit, saw, run })),
    reasons: [...problems.map(({ saw }) => saw), ...missing],
  };
}
