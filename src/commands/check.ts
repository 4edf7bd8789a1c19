import { type Fact, unknown } from '../core/fact.ts';
import { type Status, health } from '../core/health.ts';
import { lineages } from '../core/lineage.ts';
import { type PidFile, judgePidFile } from '../core/pid-file.ts';
import type { Report } from '../core/report.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { mayBeMutexOf } from '../core/semaphore-set.ts';
import { tableUse } from '../core/table-use.ts';
import { judge } from '../core/verdict.ts';
import { readConfiguration, wantedServer } from '../host/configuration.ts';
import type { Server } from '../host/find-server.ts';
import { readPidFile } from '../host/pid-file.ts';
import { lookOnce } from '../host/take-snapshot.ts';
import { wantsColour } from '../view/colour.ts';
import { reportJson } from '../view/report-json.ts';
import { reportNagios } from '../view/report-nagios.ts';
import { reportPrometheus } from '../view/report-prometheus.ts';
import { reportText } from '../view/report-text.ts';
import { type CommonOptions, type Done, wrongConfiguration } from './done.ts';

export type CheckFormat = 'text' | 'json' | 'nagios' | 'prometheus';

export interface CheckOptions extends CommonOptions {
  format: CheckFormat;
  /** In percent. */
  warn?: number | undefined;
  crit?: number | undefined;
  explain: boolean;
}

/** As monitoring plugins have it. */
const EXIT: Record<Status, number> = { ok: 0, warning: 1, critical: 2, unknown: 3 };

const ASK_TIMEOUT_MS = 5_000;

/** Looks, and says what it saw; changes nothing. */
export async function check(options: CheckOptions): Promise<Done> {
  const { findServer } = await import('../host/find-server.ts');
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, EXIT.unknown);
  const { values } = configuration.value;
  const wanted = wantedServer(options.unit, configuration.value);
  const server = await findServer(wanted, 'only look', ASK_TIMEOUT_MS);
  const snapshot = await lookOnce(server.owner, performance.now() + ASK_TIMEOUT_MS);
  const report = makeReport(server, snapshot, {
    warnPercent: options.warn ?? values['check.warn'],
    critPercent: options.crit ?? values['check.crit'],
  });
  return { stdout: show(report, options), stderr: '', exitCode: EXIT[report.health.status] };
}

function makeReport(
  server: Server,
  snapshot: Snapshot,
  percents: { warnPercent: number; critPercent: number },
): Report {
  const judgements = judge(snapshot);
  const use = tableUse(snapshot);
  const pidFile = pidFileOf(server, snapshot);
  const missing = [...server.missing, ...(pidFile.known ? [] : [pidFile.why]), ...missingFacts(snapshot)];
  return {
    unit: server.unit,
    otherUnits: server.otherUnits,
    settings: server.settings,
    pidFile,
    snapshot,
    lineages: lineages(snapshot),
    use,
    judgements,
    health: health({
      use,
      judgements,
      active: server.unit.known ? { known: true, value: server.unit.value.active } : server.unit,
      unit: server.unit.known ? server.unit.value.name : 'httpd',
      found: server.unit.known || server.settings.known,
      ...percents,
      missing: [...new Set(missing)],
    }),
  };
}

function pidFileOf({ settings }: Server, snapshot: Snapshot): Fact<PidFile> {
  if (!settings.known) return settings;
  const path = settings.value.pidFile;
  if (path === null) return unknown('httpd does not say where its pid file is');
  return judgePidFile(path, readPidFile(path), snapshot);
}

function missingFacts({ view, ipcNamespace, inspections, owner, sets }: Snapshot): string[] {
  const missing = [view, ipcNamespace].flatMap((fact) => (fact.known ? [] : [fact.why]));
  if (!owner.known || !sets.known) return missing;
  const unasked = sets.value.filter(
    (set) => mayBeMutexOf(set, owner.value) && inspections.get(set.id)?.known !== true,
  );
  return unasked.length === 0
    ? missing
    : [...missing, `who used ${unasked.length} of httpd’s sets last could not be asked`];
}

function show(report: Report, { format, ...style }: CheckOptions): string {
  switch (format) {
    case 'text':
      return reportText(report, { ...style, colour: wantsColour(process.stdout.isTTY, process.env) });
    case 'json':
      return `${JSON.stringify(reportJson(report))}\n`;
    case 'nagios':
      return reportNagios(report);
    case 'prometheus':
      return reportPrometheus(report);
  }
}
