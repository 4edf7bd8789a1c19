import { readFileSync } from 'node:fs';
import t from 'tap';
import { known } from '../../src/core/fact.ts';
import { NO_ATTEMPTS } from '../../src/core/recovery/attempts.ts';
import { NO_ACTIONS } from '../../src/core/guard/action-counts.ts';
import { reportPrometheus } from '../../src/view/report/report-prometheus.ts';
import { guard } from '../core/guard/guard-builder.ts';
import { sick } from './report/report-builder.ts';

const RULES = readFileSync('scripts/monitoring/httpd-guard.rules.yml', 'utf8');
const DASHBOARD = readFileSync('scripts/monitoring/grafana-dashboard.json', 'utf8');

const printed = reportPrometheus(
  [
    {
      unit: 'httpd.service',
      report: { ...sick(), guard: guard() },
      history: known(NO_ATTEMPTS),
      counts: known(NO_ACTIONS),
    },
  ],
  { version: '1.2.3', node: '24.22.3' },
);
const metrics = [...printed.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
const labels = new Set([...printed.matchAll(/(\w+="[a-z-]+")/g)].map(([, pair = '']) => pair));

interface Panel {
  id: number;
  type: string;
  title: string;
  targets: { expr: string; refId: string }[];
  gridPos: { x: number; y: number; w: number; h: number };
}

void t.test('rules and dashboard use only metrics and labels that are printed', async (t) => {
  for (const [file, text] of [
    ['rules', RULES],
    ['dashboard', DASHBOARD.replaceAll('\\"', '"')],
  ] as const) {
    const used = new Set(text.match(/\bhttpd_guard_\w+/g));
    t.ok(used.size > 5, file);
    for (const name of used) t.ok(metrics.includes(name), `${name} of ${file}`);
    for (const [, pair = ''] of text.matchAll(/\b((?:status|verdict)="\w+")/g))
      t.ok(labels.has(pair), `${pair} of ${file}`);
  }
  for (const name of metrics) t.match(RULES + DASHBOARD, name, 'and none is printed in vain');
});

void t.test('each alert has a summary and a command to run', async (t) => {
  const alerts = RULES.split('- alert: ').slice(1);
  t.equal(alerts.length, 12);
  const runbook = /^ *runbook: '[^']*"(httpd-guard|systemctl) [^']+'$/m;
  for (const alert of alerts)
    for (const part of [/^ *severity: (warning|critical)$/m, /^ *summary: '.+'$/m, runbook])
      t.match(alert, part);
});

void t.test('Grafana can load the dashboard', async (t) => {
  const { title, panels } = JSON.parse(DASHBOARD) as { title: string; panels: Panel[] };
  t.equal(title, 'httpd-guard');
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Set<string>();
  for (const panel of panels) {
    t.ok(panel.targets.length > 0, panel.title);
    const { x, y, w, h } = panel.gridPos;
    t.ok(x + w <= 24, 'is as wide as Grafana counts');
    for (let row = y; row < y + h; row++)
      for (let column = x; column < x + w; column++) {
        if (taken.has(`${row} ${column}`)) t.fail(`${panel.title} lies on another panel`);
        taken.add(`${row} ${column}`);
      }
  }
});
