import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fact, known } from '../../core/fact.ts';
import type {
  GuardFacts,
  GuardService,
  GuardedUnit,
  InstalledFile,
  InstalledProgram,
  UnitFileState,
} from '../../core/guard/guard-facts.ts';
import {
  type LoadedService,
  type LoadedSettings,
  overriddenSettings,
  settingsIn,
} from '../../core/guard/loaded-service.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { stopLimits } from '../../core/units/stop-limits.ts';
import { hasServiceFile } from '../../host/systemd/service-files.ts';
import { readNodeVersion } from '../../host/systemd/node-version.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import {
  METRICS_UNITS,
  OWN_UNITS,
  dropInPath,
  fillUnit,
  guardedUnits,
  isMasked,
  isOurs,
  ownUnitPath,
  programsOf,
  readDropIn,
  readIfAllowed,
  textfileOf,
} from '../../host/systemd/unit-files.ts';

const NODE_TIMEOUT_MS = 1_000;

/** What of httpd-guard is installed, and what of it systemd runs: for the given unit, or for every guarded one. */
export async function readGuard(systemd: SystemdSession, unit?: string): Promise<GuardFacts> {
  const lib = import.meta.dirname;
  const guarded = guardedUnits().filter((name) => unit === undefined || name === unit);
  if (guarded.length === 0) return { lib, units: [], services: [] };
  const metrics = METRICS_UNITS.filter((name) => existsSync(ownUnitPath(name)));
  const names = [...OWN_UNITS, ...metrics];
  const [units, services] = await Promise.all([
    Promise.all(guarded.map((name) => readGuardedUnit(name, lib, systemd))),
    Promise.all(names.map((name) => readService(name, lib, systemd))),
  ]);
  return { lib, units, services };
}

async function readGuardedUnit(unit: string, lib: string, systemd: SystemdSession): Promise<GuardedUnit> {
  const facts = await systemd.ask((open) => open.readUnit(unit));
  const limits = facts.known ? stopLimits(facts.value.stopTimeoutMs) : [];
  const program = await readProgram(dropInPath(unit), '50-httpd-guard.conf', lib, systemd, limits);
  const of = program.lib ?? lib;
  const hooks = await systemd.ask((open) => open.readHooks(unit, join(of, 'gate'), join(of, 'post-stop')));
  return { unit, ...program, unitFile: await readUnitFile(unit, facts, systemd), hooks };
}

async function readUnitFile(
  unit: string,
  facts: Fact<UnitFacts>,
  systemd: SystemdSession,
): Promise<Fact<UnitFileState>> {
  if (!facts.known) return facts;
  switch (facts.value.load) {
    case 'not-found':
      return known('missing');
    case 'bad-setting':
    case 'error':
      return known('invalid');
    case 'masked': {
      // A package may leave its unit masked when it is removed.
      const folders = await systemd.ask((open) => open.unitPath());
      return folders.known ? known(hasServiceFile(folders.value, unit) ? 'masked' : 'missing') : folders;
    }
    default:
      return known('loaded');
  }
}

async function readService(name: string, lib: string, systemd: SystemdSession): Promise<GuardService> {
  const [program, facts, settings] = await Promise.all([
    readProgram(ownUnitPath(name), name, lib, systemd),
    systemd.ask((open) => open.readUnit(name)),
    systemd.ask((open) => open.readLoaded(name)),
  ]);
  return {
    name,
    ...program,
    active: facts.known ? known(facts.value.active) : facts,
    enabled: facts.known ? facts.value.fileState : '',
    loaded: !facts.known
      ? facts
      : !settings.known
        ? settings
        : known(loadedService(facts.value, settings.value)),
  };
}

function loadedService(
  { name, condition, dropInPaths }: UnitFacts,
  settings: LoadedSettings & { needsReload: boolean },
): LoadedService {
  return {
    overridden: overriddenSettings(name, readDropIn(ownUnitPath(name)) ?? '', settings),
    needsReload: settings.needsReload,
    conditionMet: condition.met || condition.atMs === 0,
    dropIns: dropInPaths.map((path) => ({ path, settings: settingsIn(readIfAllowed(path)) })),
  };
}

/** Compares a file with its template, filled in with the programs that the file itself names: another Node is no difference. */
async function readProgram(
  path: string,
  template: string,
  lib: string,
  systemd: SystemdSession,
  limits: readonly number[] = [],
): Promise<InstalledProgram> {
  const text = isMasked(path) ? '' : readDropIn(path);
  const programs = text === null ? null : programsOf(text);
  return {
    file: isMasked(path) ? 'masked' : compare(text, template, lib, limits),
    lib: programs?.lib ?? null,
    lacks: programs === null ? null : firstMissing(programs.lib, lib),
    node: programs?.node ?? null,
    nodeVersion: await readNodeVersion(programs?.node ?? process.execPath, systemd.leftMs(NODE_TIMEOUT_MS)),
  };
}

/** What the hooks and units run. Another copy may be of another version: of that, only the entry is known. */
const NEEDED = [
  'httpd-guard.cjs',
  'gate',
  'post-stop',
  'run-node',
  'semaphore-tool.pl',
  ...['pre-start', 'post-stop', 'watch', 'recover'].map((command) => `commands-${command}.cjs`),
];

function firstMissing(its: string, lib: string): string | null {
  const needed = its === lib ? NEEDED : NEEDED.slice(0, 1);
  return needed.find((name) => !existsSync(join(its, name))) ?? null;
}

function compare(
  text: string | null,
  template: string,
  lib: string,
  limits: readonly number[],
): InstalledFile {
  if (text === null) return 'missing';
  if (!isOurs(text)) return 'foreign';
  const programs = programsOf(text) ?? { lib, node: process.execPath };
  const textfile = textfileOf(text);
  const values = { ...programs, stopLimits: limits, ...(textfile === null ? {} : { textfile }) };
  if (programs.lib !== lib) return 'other-copy';
  return fillUnit(readFileSync(join(lib, template), 'utf8'), values) === text ? 'current' : 'outdated';
}
