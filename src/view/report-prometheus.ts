import { countVerdicts } from '../core/health.ts';
import type { Report } from '../core/report.ts';

/** Prometheus' text format. A figure that could not be read is left out: no sample is what says so there. */
export function reportPrometheus({ health, use, judgements, snapshot }: Report): string {
  const samples: string[] = [];
  const gauge = (name: string, help: string, values: [string, number][]): void => {
    samples.push(`# HELP httpd_guard_${name} ${help}`, `# TYPE httpd_guard_${name} gauge`);
    for (const [labels, value] of values) samples.push(`httpd_guard_${name}${labels} ${value}`);
  };
  if (use.known) {
    const { sets, semaphores } = use.value;
    gauge('semaphore_sets', 'Semaphore sets in this IPC namespace.', [['', sets.used]]);
    gauge('semaphore_sets_max', 'SEMMNI, the limit of sets.', [['', sets.max]]);
    gauge('semaphores', 'Semaphores in all sets.', [['', semaphores.used]]);
    gauge('semaphores_max', 'SEMMNS, the limit of semaphores.', [['', semaphores.max]]);
  }
  if (snapshot.sets.known && snapshot.view.known && snapshot.owner.known) {
    const counts = Object.entries(countVerdicts(judgements)).map(([verdict, n]): [string, number] => [
      `{verdict="${verdict}"}`,
      n,
    ]);
    gauge('sets_by_verdict', 'Semaphore sets by verdict.', counts);
  }
  const statuses = (['ok', 'warning', 'critical', 'unknown'] as const).map((status): [string, number] => [
    `{status="${status}"}`,
    status === health.status ? 1 : 0,
  ]);
  gauge('status', 'The status of the last check.', statuses);
  return `${samples.join('\n')}\n`;
}
