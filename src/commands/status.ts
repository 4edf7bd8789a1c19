import { type Fact, known, unknown } from '../core/fact.ts';
import type { HistoryEntry } from '../core/logs/history-entry.ts';
import { type GuardState, type ServingFacts, guardStatus } from '../core/guard/guard-status.ts';
import { isUp } from '../core/units/unit-state.ts';
import { type Configured, forUnit, readConfiguration } from '../host/config/configuration.ts';
import { answersHealthy } from '../host/httpd/health-check.ts';
import { readHistory } from '../host/logs/read-history.ts';
import { readListeningPorts } from '../host/proc/listening.ts';
import { SystemdSession } from '../host/systemd/systemd-session.ts';
import { findHttpdUnits } from '../workflows/servers/find-httpd-units.ts';
import { findServer, serverChoice, userAdvice } from '../workflows/servers/find-server.ts';
import { readGuard } from '../workflows/servers/read-guard.ts';
import { statusJson, statusText } from '../view/guard-status.ts';
import { jsonText } from '../view/json-text.ts';
import { type CommonOptions, type CommandResult, wrongConfiguration } from './command-result.ts';

declare const __VERSION__: string;

export type StatusOptions = Pick<CommonOptions, 'unit' | 'config' | 'json' | 'quiet'>;

/** A read-only command ends within 6 s, even if something hangs. */
const TIMEOUT_MS = 5_500;
const ASK_TIMEOUT_MS = 3_000;
/** A request takes up to 2 s beyond this. */
const HEALTH_TIMEOUT_MS = 300;

const EXIT: Record<GuardState, number> = { working: 0, degraded: 1, 'not-installed': 3 };

/** Prints whether httpd-guard is installed here, and whether all of it works. Read-only. */
export async function status(options: StatusOptions): Promise<CommandResult> {
  const systemd = SystemdSession.within(TIMEOUT_MS);
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, EXIT.degraded);
  const healthUrlOf = (unit: string) => forUnit(configuration.value, unit).values['recover.health-url'];
  const guard = await readGuard(systemd.atMost(ASK_TIMEOUT_MS), options.unit);
  const names = guard.units.map(({ unit }) => unit);
  const [serving, last, found, advice] = await Promise.all([
    Promise.all(names.map((name) => readServing(name, healthUrlOf(name), systemd.atMost(ASK_TIMEOUT_MS)))),
    Promise.all(names.map((name) => readLast(name, systemd.leftMs(ASK_TIMEOUT_MS)))),
    options.unit === undefined ? findHttpdUnits(systemd.atMost(ASK_TIMEOUT_MS)) : known([]),
    adviseOn(names, configuration.value, systemd.atMost(ASK_TIMEOUT_MS)),
  ]);
  const notGuarded = found.known
    ? found.value.map(({ name }) => name).filter((name) => !names.includes(name))
    : [];
  const unread = [...last, found, ...serving.map(({ ports }) => ports)];
  const others = names.length === 0 ? [options.unit ?? notGuarded[0]] : [];
  const note = await adviseOn(
    others.flatMap((name) => name ?? []),
    configuration.value,
    systemd.atMost(ASK_TIMEOUT_MS),
  );
  const report = {
    ...guardStatus(guard, serving, advice),
    version: __VERSION__,
    node: { path: process.execPath, version: process.versions.node },
    guard,
    serving,
    last: new Map(names.map((name, index) => [name, last[index] ?? known(null)] as const)),
    notGuarded,
    missing: [
      ...new Set(unread.flatMap((fact) => (fact.known ? [] : [fact.why]))),
      ...note.map(({ unit, why }) => `${unit}: ${why}`),
    ],
  };
  return {
    stdout: options.json ? jsonText(statusJson(report)) : statusText(report, options),
    stderr: '',
    exitCode: EXIT[report.state],
  };
}

/** Units of which no set can be removed, since the owner of their sets is unknown. One after another, since each query starts an httpd. */
async function adviseOn(
  names: readonly string[],
  configured: Configured,
  systemd: SystemdSession,
): Promise<{ unit: string; why: string }[]> {
  const found: { unit: string; why: string }[] = [];
  for (const unit of names) {
    const why = userAdvice(await findServer(serverChoice(unit, configured), 'read-only', systemd));
    if (why !== null) found.push({ unit, why });
  }
  return found;
}

async function readServing(
  unit: string,
  healthUrl: string | null,
  systemd: SystemdSession,
): Promise<ServingFacts> {
  const facts = await systemd.ask((open) => open.readUnit(unit));
  if (!facts.known || !isUp(facts.value)) return { unit, facts, ports: known([]), health: null };
  const answer = healthUrl === null ? null : await answersHealthy(healthUrl, HEALTH_TIMEOUT_MS);
  return {
    unit,
    facts,
    ports:
      facts.value.mainPid === 0
        ? unknown(`${unit} has no main process`)
        : readListeningPorts(facts.value.mainPid),
    health:
      healthUrl === null || answer === null
        ? null
        : { url: healthUrl, complaint: answer.ok ? null : answer.why },
  };
}

async function readLast(unit: string, timeoutMs: number): Promise<Fact<HistoryEntry | null>> {
  const read = await readHistory({ since: null, unit, timeoutMs, mostEntries: 1 });
  if (!read.known) return unknown(`the journal: ${read.why}`);
  return known(read.value.entries.at(-1) ?? null);
}
