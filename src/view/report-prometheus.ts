import type { Fact } from '../core/fact.ts';
import { countVerdicts } from '../core/check/health.ts';
import { killsLeft } from '../core/check/kills-left.ts';
import { type Attempts, isGivenUp } from '../core/recovery/attempts.ts';
import type { Report } from '../core/check/report.ts';

/** One of the servers in the output. */
export interface Measured {
  /** The unit's name; null if none was found. */
  unit: string | null;
  report: Report;
  history: Fact<Attempts>;
}

type Labels = Record<string, string>;
type Sample = [Labels, number];

/**
 * Prometheus' text format (prometheus.io: Exposition formats). A figure that could not be read has no sample, as is the
 * convention there. All servers share the kernel's table; figures of one server have its unit as a label.
 */
export function reportPrometheus(servers: readonly Measured[]): string {
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
      'gave_up',
      'Whether this unit is down and httpd-guard has given up on it.',
      servers.flatMap(gaveUp),
    ),
    gauge('status', 'The status of the last check.', servers.flatMap(statuses)),
    gauge('check_timestamp_seconds', 'When the last check was taken.', limit(oldestMs / 1000)),
  ].join('');
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const full = `httpd_guard_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labelText(labels)} ${value}`);
  return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join('\n')}\n`;
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

function gaveUp(server: Measured): Sample[] {
  const { history, report } = server;
  if (!history.known || !report.unit.known) return [];
  const { active, run } = report.unit.value;
  const nowMs = report.snapshot.clock.realMs;
  return [[ofUnit(server), isGivenUp(history.value, { active, beganMs: run.began.realMs }, nowMs) ? 1 : 0]];
}

function statuses(server: Measured): Sample[] {
  return (['ok', 'warning', 'critical', 'unknown'] as const).map((status) => [
    { ...ofUnit(server), status },
    status === server.report.health.status ? 1 : 0,
  ]);
}
