import { isUp } from '../../core/units/unit-state.ts';
import type { Fact } from '../../core/fact.ts';
import type { ActionCounts } from '../../core/guard/action-counts.ts';
import { isWatched, problemsOf } from '../../core/guard/guard-problems.ts';
import { countVerdicts } from '../../core/check/health.ts';
import { killsLeft } from '../../core/check/kills-left.ts';
import { type Attempts, isGivenUp } from '../../core/recovery/attempts.ts';
import { lostSets } from '../../core/register/losses.ts';
import type { Report } from '../../core/check/report.ts';

/** One of the servers in the output. */
export interface Measured {
  /** The unit's name; null if none was found. */
  unit: string | null;
  report: Report;
  history: Fact<Attempts>;
  counts: Fact<ActionCounts>;
}

type Labels = Record<string, string>;
type Sample = [Labels, number];

/**
 * Prometheus' text format (prometheus.io: Exposition formats). A figure that could not be read has no sample, as is the
 * convention there. All servers share the kernel's table; figures of one server have its unit as a label.
 */
export function reportPrometheus(
  servers: readonly Measured[],
  build: { version: string; node: string },
): string {
  const use = servers.map(({ report }) => report.use).find((one) => one.known);
  const limit = (figure: number | undefined): Sample[] => (figure === undefined ? [] : [[{}, figure]]);
  const oldestMs = Math.min(...servers.map(({ report }) => report.snapshot.clock.realMs));
  return [
    gauge('semaphore_sets', 'Semaphore sets in this IPC namespace.', limit(use?.value.sets.used)),
    gauge('semaphore_sets_max', 'SEMMNI, the limit of sets.', limit(use?.value.sets.max)),
    gauge('semaphores', 'Semaphores in all sets.', limit(use?.value.semaphores.used)),
    gauge('semaphores_max', 'SEMMNS, the limit of semaphores.', limit(use?.value.semaphores.max)),
    gauge(
      'sets_by_verdict',
      'Semaphore sets by verdict for the httpd of this unit.',
      servers.flatMap(verdicts),
    ),
    gauge(
      'kills_left',
      'How many more kill -9 this httpd survives if no orphaned sets are removed.',
      servers.flatMap(killSamples),
    ),
    gauge(
      'sets_lost',
      'Semaphore sets that another program removed while this httpd is running.',
      servers.flatMap(lost),
    ),
    gauge(
      'sets_missing',
      'Semaphore sets that this httpd could not create, so that a part of it does not work.',
      servers.flatMap(missing),
    ),
    gauge(
      'gave_up',
      'Whether this unit is down and httpd-guard has given up on it.',
      servers.flatMap(gaveUp),
    ),
    gauge('unit_active', 'Whether systemd has this unit started.', servers.flatMap(unitActive)),
    gauge('guarded', 'Whether the hooks of this unit are in place and work.', servers.flatMap(guarded)),
    gauge('watcher_up', 'Whether the watcher runs and can start a recovery.', watcherUp(servers)),
    counter(
      'sets_removed_total',
      'Semaphore sets that httpd-guard removed for this unit.',
      servers.flatMap((server) => counted(server, ({ removed }) => [[{}, removed]])),
    ),
    counter(
      'recoveries_total',
      'Recoveries of this unit by outcome.',
      servers.flatMap((server) =>
        counted(server, ({ recovered, failed, gaveUp: givenUp }) => [
          [{ outcome: 'recovered' }, recovered],
          [{ outcome: 'failed' }, failed],
          [{ outcome: 'gave-up' }, givenUp],
        ]),
      ),
    ),
    gauge('status', 'The status of the last check.', servers.flatMap(statuses)),
    gauge('build_info', 'The version of httpd-guard, and of the Node that ran this check.', [
      [{ ...build }, 1],
    ]),
    gauge('check_timestamp_seconds', 'When the last check was taken.', limit(oldestMs / 1000)),
  ].join('');
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  return metric('gauge', name, help, samples);
}

/** Its name ends in _total. */
function counter(name: string, help: string, samples: readonly Sample[]): string {
  return metric('counter', name, help, samples);
}

function metric(type: 'gauge' | 'counter', name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const full = `httpd_guard_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labelText(labels)} ${value}`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('\n')}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quoted(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Escapes a label's value: systemd writes special characters in unit names as \x2d, and a backslash is special here, too. */
function quoted(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function ofUnit({ unit }: Measured): Labels {
  return unit === null ? {} : { unit };
}

function verdicts(server: Measured): Sample[] {
  const { snapshot, judgements } = server.report;
  if (!snapshot.sets.known || !snapshot.visibility.known || !snapshot.owner.known) return [];
  return Object.entries(countVerdicts(judgements)).map(([verdict, count]) => [
    { ...ofUnit(server), verdict },
    count,
  ]);
}

/** None for a server that makes no sets, or makes them in a table of its own. */
function killSamples(server: Measured): Sample[] {
  const kills = killsLeft(server.report);
  return kills === null ? [] : [[ofUnit(server), kills]];
}

function lost(server: Measured): Sample[] {
  const { unit, report } = server;
  return unit === null ? [] : [[ofUnit(server), lostSets(unit, report.snapshot.register.losses)]];
}

function missing(server: Measured): Sample[] {
  const { unit, report } = server;
  if (unit === null) return [];
  const { degraded } = report;
  return [[ofUnit(server), degraded === null ? 0 : degraded.had - degraded.has]];
}

function gaveUp(server: Measured): Sample[] {
  const { history, report } = server;
  if (!history.known || !report.unit.known) return [];
  const { active, run } = report.unit.value;
  const nowMs = report.snapshot.clock.realMs;
  return [[ofUnit(server), isGivenUp(history.value, { active, beganMs: run.began.realMs }, nowMs) ? 1 : 0]];
}

function unitActive(server: Measured): Sample[] {
  const { unit } = server.report;
  return unit.known ? [[ofUnit(server), isUp(unit.value) ? 1 : 0]] : [];
}

/** 0 if the unit is not guarded or its hooks do not work; the watcher has its own metric. */
function guarded(server: Measured): Sample[] {
  const { unit, report } = server;
  if (unit === null) return [];
  const hooked = report.guard.units.find((one) => one.unit === unit);
  if (hooked?.hooks.known === false) return [];
  const works = problemsOf(unit, report.guard).every((problem) => problem.unit === null);
  return [[ofUnit(server), hooked !== undefined && works ? 1 : 0]];
}

/** None on a host without a guarded unit, which has no watcher. */
function watcherUp(servers: readonly Measured[]): Sample[] {
  const guard = servers.map(({ report }) => report.guard).find(({ units }) => units.length > 0);
  const isUpNow = guard === undefined ? null : isWatched(guard);
  return isUpNow === null ? [] : [[{}, isUpNow ? 1 : 0]];
}

function counted(server: Measured, samples: (counts: ActionCounts) => Sample[]): Sample[] {
  if (!server.counts.known) return [];
  return samples(server.counts.value).map(([labels, value]) => [{ ...ofUnit(server), ...labels }, value]);
}

function statuses(server: Measured): Sample[] {
  return (['ok', 'warning', 'critical', 'unknown'] as const).map((status) => [
    { ...ofUnit(server), status },
    status === server.report.health.status ? 1 : 0,
  ]);
}
