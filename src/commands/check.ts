import { known, unknown } from '../core/fact.ts';
import type { Status } from '../core/check/health.ts';
import type { Report } from '../core/check/report.ts';
import type { Snapshot } from '../core/verdict/snapshot.ts';
import { type Configured, forUnit, readConfiguration } from '../host/config/configuration.ts';
import { ASK_TIMEOUT_MS, SystemdSession } from '../host/systemd/systemd-session.ts';
import { guardedUnits } from '../host/systemd/unit-files.ts';
import { type Server, findServer, serverChoice } from '../workflows/servers/find-server.ts';
import { readActionCounts } from '../host/state/read-action-counts.ts';
import { readAttempts } from '../host/state/attempts.ts';
import { readSegments } from '../host/sysvipc/tables.ts';
import { readGuard } from '../workflows/servers/read-guard.ts';
import { remember } from '../workflows/sets/keep-register.ts';
import { readSnapshot } from '../workflows/sets/take-snapshot.ts';
import { writeTextfile } from '../host/files/textfile.ts';
import { type Thresholds, makeReport } from '../workflows/diagnosis/make-report.ts';
import { wantsColour } from '../view/colour.ts';
import { jsonText } from '../view/json-text.ts';
import { isUnicodeTerminal } from '../view/unicode.ts';
import { reportJson } from '../view/report/report-json.ts';
import { escape } from '../view/escape.ts';
import { reportNagios, unknownNagios } from '../view/report/report-nagios.ts';
import { type Measured, reportPrometheus } from '../view/report/report-prometheus.ts';
import { reportText } from '../view/report/report-text.ts';
import { type CommonOptions, type CommandResult, wrongConfiguration } from './command-result.ts';

declare const __VERSION__: string;

export type CheckFormat = 'text' | 'json' | 'nagios' | 'prometheus';

export interface CheckOptions extends CommonOptions {
  format: CheckFormat;
  /** In percent. */
  warn?: number | undefined;
  crit?: number | undefined;
  explain: boolean;
  /** The file for the metrics; stdout by default. */
  output?: string | undefined;
}

/** The exit statuses of monitoring plugins. */
const EXIT: Record<Status, number> = { ok: 0, warning: 1, critical: 2, unknown: 3 };

/** A read-only command ends within 6 s, even if something hangs; the query of httpd comes first and the scan gets the rest. */
const TIMEOUT_MS = 5_500;

/** The file could not be written (sysexits.h, EX_CANTCREAT). */
const EX_CANTCREAT = 73;

/** Checks the semaphore table and reports. Read-only. */
export async function check(options: CheckOptions): Promise<CommandResult> {
  const configuration = readConfiguration(options.config);
  if (!configuration.known) {
    const done = wrongConfiguration(configuration.why, EXIT.unknown);
    return options.format === 'nagios' ? { ...done, stdout: unknownNagios(configuration.why) } : done;
  }
  if (options.format === 'prometheus') return metrics(options, configuration.value);
  const report = await look(options.unit, options, configuration.value);
  return { stdout: show(report, options.format, options), stderr: '', exitCode: EXIT[report.health.status] };
}

/** The metrics of the given unit, or of every guarded one. Servers of one user share a snapshot. */
async function metrics(options: CheckOptions, configured: Configured): Promise<CommandResult> {
  const guarded = options.unit === undefined ? guardedUnits() : [];
  const servers: Measured[] = [];
  const systemd = SystemdSession.within(TIMEOUT_MS);
  const guard = await readGuard(systemd.within(ASK_TIMEOUT_MS));
  const snapshots = new Map<string, Snapshot>();
  for (const name of guarded.length > 0 ? guarded : [options.unit]) {
    const server = await find(name, configured, systemd.within(ASK_TIMEOUT_MS));
    const owner = JSON.stringify(server.owner);
    const snapshot =
      snapshots.get(owner) ?? remember(await readSnapshot(server.owner, systemd.within(ASK_TIMEOUT_MS)));
    snapshots.set(owner, snapshot);
    const report = await makeReport(
      server,
      snapshot,
      known([]),
      guard,
      percents(options, configured, server),
      systemd.within(ASK_TIMEOUT_MS),
    );
    const unit = report.unit.known ? report.unit.value.name : (name ?? null);
    servers.push({
      unit,
      report,
      history: unit === null ? unknown('no unit found') : readAttempts(unit),
      counts: unit === null ? unknown('no unit found') : readActionCounts(unit),
    });
  }
  const text = reportPrometheus(servers, { version: __VERSION__, node: process.versions.node });
  const found = servers.map(({ report }) => report.health.status);
  const worst = WORST_FIRST.find((status) => found.includes(status)) ?? 'unknown';
  if (options.output === undefined) return { stdout: text, stderr: '', exitCode: EXIT[worst] };
  const written = writeTextfile(options.output, text);
  if (written.ok) return { stdout: '', stderr: '', exitCode: 0 };
  return {
    stdout: '',
    stderr: `httpd-guard: cannot write the metrics: ${escape(written.why)}; set another file with --output\n`,
    exitCode: EX_CANTCREAT,
  };
}

const WORST_FIRST = ['critical', 'warning', 'unknown', 'ok'] as const satisfies readonly Status[];

async function look(
  unit: string | undefined,
  options: CheckOptions,
  configured: Configured,
): Promise<Report> {
  const systemd = SystemdSession.within(TIMEOUT_MS);
  const server = await find(unit, configured, systemd.atMost(ASK_TIMEOUT_MS));
  // Read before the processes: a process that is running afterwards may be the creator.
  const segments = await readSegments();
  const snapshot = remember(await readSnapshot(server.owner, systemd));
  // Last: it must not take the time of the scan if systemd hangs.
  // Of a given unit that does not exist, nothing is said about others.
  const guard = await readGuard(systemd.atMost(ASK_TIMEOUT_MS), server.unit.known ? undefined : unit);
  return makeReport(server, snapshot, segments, guard, percents(options, configured, server), systemd);
}

function find(unit: string | undefined, configured: Configured, systemd: SystemdSession): Promise<Server> {
  return findServer(serverChoice(unit, configured), 'read-only', systemd);
}

function percents({ warn, crit }: CheckOptions, configured: Configured, { unit }: Server): Thresholds {
  const { values } = forUnit(configured, unit.known ? unit.value.name : null);
  return { warnPercent: warn ?? values['check.warn'], critPercent: crit ?? values['check.crit'] };
}

function show(report: Report, format: Exclude<CheckFormat, 'prometheus'>, style: CheckOptions): string {
  switch (format) {
    case 'text':
      return reportText(report, {
        ...style,
        colour: wantsColour(process.stdout.isTTY, process.env),
        unicode: isUnicodeTerminal(process.stdout.isTTY, process.env),
      });
    case 'json':
      return jsonText(reportJson(report));
    case 'nagios':
      return reportNagios(report);
  }
}
