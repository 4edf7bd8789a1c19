import { type Fact, unknown } from '../core/fact.ts';
import { type Status, health } from '../core/health.ts';
import { lineages } from '../core/lineage.ts';
import { type PidFile, judgePidFile } from '../core/pid-file.ts';
import type { Report } from '../core/report.ts';
import { type Segment, detachedSegments } from '../core/segment.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { mayBeMutexOf } from '../core/semaphore-set.ts';
import { tableUse } from '../core/table-use.ts';
import { judge } from '../core/verdict.ts';
import { type Configured, readConfiguration, wantedServer } from '../host/configuration.ts';
import { guardedUnits } from '../host/drop-in.ts';
import type { Server } from '../host/find-server.ts';
import { readPidFile } from '../host/pid-file.ts';
import { readHistory } from '../host/recovery-history-file.ts';
import { readSegments } from '../host/sysvipc.ts';
import { lookOnce } from '../host/take-snapshot.ts';
import { writeTextfile } from '../host/textfile.ts';
import { wantsColour } from '../view/colour.ts';
import { reportJson } from '../view/report-json.ts';
import { escape } from '../view/escape.ts';
import { reportNagios, unknownNagios } from '../view/report-nagios.ts';
import { type Measured, reportPrometheus } from '../view/report-prometheus.ts';
import { reportText } from '../view/report-text.ts';
import { type CommonOptions, type Done, wrongConfiguration } from './done.ts';

export type CheckFormat = 'text' | 'json' | 'nagios' | 'prometheus';

export interface CheckOptions extends CommonOptions {
  format: CheckFormat;
  /** In percent. */
  warn?: number | undefined;
  crit?: number | undefined;
  explain: boolean;
  /** A file for the metrics, instead of stdout. */
  output?: string | undefined;
}

/** As monitoring plugins have it. */
const EXIT: Record<Status, number> = { ok: 0, warning: 1, critical: 2, unknown: 3 };

const ASK_TIMEOUT_MS = 5_000;

/** The file could not be written (sysexits.h, EX_CANTCREAT). */
const EX_CANTCREAT = 73;

/** Looks, and says what it saw; changes nothing. */
export async function check(options: CheckOptions): Promise<Done> {
  const configuration = readConfiguration(options.config);
  if (!configuration.known) {
    const done = wrongConfiguration(configuration.why, EXIT.unknown);
    return options.format === 'nagios' ? { ...done, stdout: unknownNagios(configuration.why) } : done;
  }
  if (options.format === 'prometheus') return metrics(options, configuration.value);
  const report = await look(options.unit, options, configuration.value);
  return { stdout: show(report, options.format, options), stderr: '', exitCode: EXIT[report.health.status] };
}

/** Of every guarded unit, where none was named: one file can hold them all. */
async function metrics(options: CheckOptions, configured: Configured): Promise<Done> {
  const guarded = options.unit === undefined ? guardedUnits() : [];
  const servers: Measured[] = [];
  for (const name of guarded.length > 0 ? guarded : [options.unit]) {
    const report = await look(name, options, configured);
    const unit = report.unit.known ? report.unit.value.name : (name ?? null);
    servers.push({ unit, report, history: unit === null ? unknown('it has no name') : readHistory(unit) });
  }
  const text = reportPrometheus(servers);
  const found = servers.map(({ report }) => report.health.status);
  const worst = WORST_FIRST.find((status) => found.includes(status)) ?? 'unknown';
  if (options.output === undefined) return { stdout: text, stderr: '', exitCode: EXIT[worst] };
  const written = writeTextfile(options.output, text);
  if (written.known) return { stdout: '', stderr: '', exitCode: 0 };
  return {
    stdout: '',
    stderr: `httpd-guard: the metrics were not written: ${escape(written.why)}; name another file with --output\n`,
    exitCode: EX_CANTCREAT,
  };
}

const WORST_FIRST = ['critical', 'warning', 'unknown', 'ok'] as const satisfies readonly Status[];

async function look(
  unit: string | undefined,
  { warn, crit }: CheckOptions,
  configured: Configured,
): Promise<Report> {
  const { findServer } = await import('../host/find-server.ts');
  const { values } = configured;
  const server = await findServer(wantedServer(unit, configured), 'only look', ASK_TIMEOUT_MS);
  // Before the processes: who is alive afterwards may be its maker.
  const segments = await readSegments();
  const snapshot = await lookOnce(server.owner, performance.now() + ASK_TIMEOUT_MS);
  return makeReport(server, snapshot, segments, {
    warnPercent: warn ?? values['check.warn'],
    critPercent: crit ?? values['check.crit'],
  });
}

function makeReport(
  server: Server,
  snapshot: Snapshot,
  segments: Fact<Segment[]>,
  percents: { warnPercent: number; critPercent: number },
): Report {
  const judgements = judge(snapshot);
  const use = tableUse(snapshot);
  const pidFile = pidFileOf(server, snapshot);
  const missing = [
    ...server.missing,
    ...(pidFile.known ? [] : [pidFile.why]),
    ...missingFacts(snapshot),
    ...(segments.known ? [] : [segments.why]),
  ];
  return {
    unit: server.unit,
    otherUnits: server.otherUnits,
    settings: server.settings,
    pidFile,
    snapshot,
    lineages: lineages(snapshot),
    use,
    judgements,
    segments: detachedSegments(segments, snapshot),
    health: health({
      use,
      judgements,
      active: server.unit.known ? { known: true, value: server.unit.value.active } : server.unit,
      unit: server.unit.known ? server.unit.value.name : 'httpd',
      needed: server.settings.known ? server.settings.value.sysvMutexes : null,
      isApart: server.unit.known && server.unit.value.privateIpc,
      found: server.settings.known || server.owner.known,
      ...percents,
      missing: [...new Set(missing)],
    }),
    ...percents,
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

function show(report: Report, format: Exclude<CheckFormat, 'prometheus'>, style: CheckOptions): string {
  switch (format) {
    case 'text':
      return reportText(report, { ...style, colour: wantsColour(process.stdout.isTTY, process.env) });
    case 'json':
      return `${JSON.stringify(reportJson(report))}\n`;
    case 'nagios':
      return reportNagios(report);
  }
}
