import type { Register, RegisterPlace, Seen } from './register.ts';
import type { Loss } from './loss.ts';
import type { ServerRun } from './server-run.ts';

const FIRST_LINE = 'httpd-guard register 1';

/** The kernel's own most (ipc/util.h, IPCMNI); with ipcmni_extend there can be more, of which the rest is not kept. */
export const MOST_SETS = 32_768;
/** A unit name has at most 255 bytes (systemd: UNIT_NAME_MAX). */
const MOST_NAME = 255;
/** Instances of a template can be many. */
const MOST_UNITS = 1_000;

/**
 * The register as text: a first line with its version, a line `uids` with the owner uids of the sets that httpd used for units/gate, a line `json`
 * with the rest, and `end`, which a torn file lacks. A run stands once, however many sets it has.
 */
export function registerText(
  { lookedMs, forks, seen, losses, most }: Register,
  place: RegisterPlace,
): string {
  const runs: ServerRun[] = [];
  const index = new Map<string, number>();
  const sets = [...seen.values()].slice(0, MOST_SETS).map(({ id, ctime, uid, lastPid, run, contested }) => {
    if (run === null) return [id, ctime, uid, lastPid, 0, 0];
    const key = `${run.invocationId} ${run.masterPid} ${run.unit}`;
    // 0 is for no run.
    const at = index.get(key) ?? runs.push(run);
    index.set(key, at);
    return [id, ctime, uid, lastPid, at, contested ? 1 : 0];
  });
  const uids = new Set<number>();
  for (const { uid, run } of seen.values()) if (run !== null) uids.add(uid);
  const rest = { runs, sets, losses, most: [...most].slice(-MOST_UNITS) };
  const json = JSON.stringify({ ...place, lookedMs, forks, ...rest });
  return `${FIRST_LINE}\nuids ${[...uids].sort((x, y) => x - y).join(' ')}\njson ${json}\nend\n`;
}

/**
 * Parses a register; null for anything that this version did not write here since this boot, whatever is wrong with it. `nowMs` is
 * the time since boot: a register from the future is that of a machine before its snapshot was restored.
 */
export function parseRegister(text: string, place: RegisterPlace, nowMs: number): Register | null {
  const match = /^httpd-guard register 1\nuids [\d ]*\njson (\{[^\n]*\})\nend\n$/.exec(text);
  const json = match === null ? null : parseJson(match[1] ?? '');
  if (!isObject(json) || json['bootId'] !== place.bootId || json['ipcNamespace'] !== place.ipcNamespace)
    return null;
  const { lookedMs, forks, runs, sets, losses, most } = json;
  if (!isTime(lookedMs) || lookedMs > nowMs || !Array.isArray(runs) || !Array.isArray(sets)) return null;
  if (sets.length > MOST_SETS || !runs.every(isRun) || (forks !== null && !isWhole(forks))) return null;
  if (!Array.isArray(losses) || !losses.every(isLoss)) return null;
  if (!Array.isArray(most) || most.length > MOST_UNITS || !most.every(isMost)) return null;
  const seen = new Map<number, Seen>();
  for (const row of sets as unknown[]) {
    const one = parseRow(row, runs, nowMs);
    // Two entries for one id contradict each other.
    if (one === null || seen.has(one.id)) return null;
    seen.set(one.id, one);
  }
  return { lookedMs, forks, seen, losses, most: new Map(most) };
}

function parseRow(row: unknown, runs: readonly ServerRun[], nowMs: number): Seen | null {
  if (!Array.isArray(row) || row.length !== 6 || !row.every(isWhole)) return null;
  const [id = 0, ctime = 0, uid = 0, lastPid = 0, at = 0, contested = 0] = row;
  const run = at === 0 ? null : runs[at - 1];
  if (run === undefined || contested > 1 || (run !== null && run.masterStartedMs > nowMs)) return null;
  return { id, ctime, uid, lastPid, run, contested: contested === 1 };
}

function isMost(value: unknown): value is [unit: string, sets: number] {
  return Array.isArray(value) && value.length === 2 && isUnit(value[0]) && isWhole(value[1]);
}

function isUnit(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MOST_NAME;
}

function isLoss(value: unknown): value is Loss {
  if (!isObject(value)) return false;
  const { run, ids, sinceMs, isSure, isReported } = value;
  return (
    isRun(run) &&
    Array.isArray(ids) &&
    ids.every(isWhole) &&
    isTime(sinceMs) &&
    typeof isSure === 'boolean' &&
    typeof isReported === 'boolean'
  );
}

function isRun(value: unknown): value is ServerRun {
  if (!isObject(value)) return false;
  const { unit, invocationId, masterPid, masterStartedMs, beganRealMs } = value;
  return (
    isUnit(unit) &&
    typeof invocationId === 'string' &&
    /^[0-9a-f]{32}$/.test(invocationId) &&
    isWhole(masterPid) &&
    masterPid > 0 &&
    isTime(masterStartedMs) &&
    isTime(beganRealMs)
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
