import type { UnitFacts } from '../units/unit-facts.ts';
import { shellWord } from '../text/shell-word.ts';
import type { GuardFacts, GuardService, GuardedUnit, InstalledProgram } from './guard-facts.ts';
import type { DropIn, LoadedService } from './loaded-service.ts';

/** Why httpd is not guarded as `install` meant it, and the command that fixes it. */
export interface GuardProblem {
  /** The guarded unit; null for what all of them share. */
  unit: string | null;
  saw: string;
  /** A line for a shell; null if there is no single one. */
  run: string | null;
}

/** What keeps httpd-guard from working, for every guarded unit. Empty also if no unit is guarded. */
export function guardProblems({ lib, units, services }: GuardFacts): GuardProblem[] {
  const first = units[0];
  if (first === undefined) return [];
  const own = services.flatMap((service) => serviceProblems(service, lib, install(first.unit)));
  return [...units.flatMap((unit) => unitProblems(unit, lib)), ...own];
}

/** The same for one unit. */
export function problemsOf(unit: string, guard: GuardFacts): GuardProblem[] {
  if (!guard.units.some((one) => one.unit === unit)) return [];
  return guardProblems(guard).filter((problem) => problem.unit === null || problem.unit === unit);
}

/** The problems as sentences for `check`. */
export function guardWarnings({ name }: Pick<UnitFacts, 'name'>, guard: GuardFacts): string[] {
  return problemsOf(name, guard).map(
    ({ saw, run }) => `${name} is guarded, but ${saw}${run === null ? '' : `: ${run}`}`,
  );
}

/** The same, where `check` found no unit, for each guarded one that was uninstalled. */
export function uninstalledWarnings(guard: GuardFacts): string[] {
  const gone = guard.units.filter(({ unitFile }) => unitFile.known && unitFile.value === 'missing');
  return gone.flatMap(({ unit: name }) => guardWarnings({ name }, { ...guard, services: [] }));
}

/** A note if the unit is not guarded, which is no problem: `check` by hand needs no installation. A unit with its own sets needs none either. */
export function notGuarded({ name, load, privateIpc }: UnitFacts, { units }: GuardFacts): string[] {
  if (load !== 'loaded' || privateIpc || units.some(({ unit }) => unit === name)) return [];
  return [`${name} is not guarded by httpd-guard: ${install(name)}`];
}

/** Whether the watcher runs and a request of it starts a recovery; null if systemd could not be queried. */
export function isWatched({ services }: GuardFacts): boolean | null {
  const needed = services.filter(({ name }) => !name.includes('-metrics.'));
  if (needed.some(({ active, loaded }) => !active.known || !loaded.known)) return null;
  const works = ({ name, active, loaded }: GuardService): boolean =>
    (!runsAlways(name) || (active.known && active.value === 'active')) &&
    loaded.known &&
    loaded.value.overridden.length === 0;
  return needed.length > 0 && needed.every(works);
}

/** Whether a unit of httpd-guard must be active; the others are started by these, and end. */
export function runsAlways(name: string): boolean {
  return name.endsWith('watch.service') || !name.endsWith('.service');
}

function install(unit: string): string {
  return `httpd-guard install --unit ${shellWord(unit)}`;
}

function unitProblems(hooked: GuardedUnit, lib: string): GuardProblem[] {
  const { unit, unitFile, hooks } = hooked;
  const problem = (saw: string, run: string | null): GuardProblem[] => [{ unit, saw, run }];
  // systemd never starts a masked unit.
  if (unitFile.known && unitFile.value === 'masked') return [];
  if (unitFile.known && unitFile.value === 'missing')
    return problem(
      `the unit file of ${unit} does not exist (httpd was uninstalled?)`,
      `httpd-guard uninstall --unit ${shellWord(unit)}`,
    );
  const inFile = programProblem(hooked, lib);
  if (inFile !== null) return problem(`the hooks of ${unit} ${inFile}`, runFor(hooked, lib, install(unit)));
  if (!hooks.known) return problem(`the hooks of ${unit} could not be checked: ${hooks.why}`, null);
  if (unitFile.known && unitFile.value === 'invalid')
    return problem(`systemd cannot load ${unit}`, `systemd-analyze verify ${shellWord(unit)}`);
  if (hooks.value.needsReload)
    return problem(`systemd has not read the files of ${unit} since they changed`, 'systemctl daemon-reload');
  const absent = [
    ...(hooks.value.startPre ? [] : ['ExecStartPre=']),
    ...(hooks.value.stopPost ? [] : ['ExecStopPost=']),
  ];
  return absent.length === 0
    ? []
    : problem(
        `another drop-in of ${unit} removes the hooks (${absent.join(' and ')})`,
        `systemctl cat ${shellWord(unit)}`,
      );
}

function serviceProblems(service: GuardService, lib: string, reinstall: string): GuardProblem[] {
  const { name, file, active, enabled, loaded } = service;
  const title = name.endsWith('watch.service') ? 'the watcher' : name;
  const problem = (saw: string, run: string | null): GuardProblem[] => [{ unit: null, saw, run }];
  if (file === 'masked')
    return problem(
      `${title} is masked${title === name ? '' : ` (${name})`}`,
      `systemctl unmask ${name} && ${reinstall}`,
    );
  const inFile = programProblem(service, lib);
  if (inFile !== null) return problem(`${title} ${inFile}`, runFor(service, lib, reinstall));
  if (!active.known) return problem(`${title} could not be checked: ${active.why}`, null);
  if (!loaded.known) return problem(`${title} could not be checked: ${loaded.why}`, null);
  const { overridden, needsReload, conditionMet, dropIns } = loaded.value;
  const guilty = dropIns.filter(({ settings }) => settings.some((one) => overridden.includes(one)));
  // systemd also reports this of a unit that a drop-in makes invalid, for ever.
  if (needsReload && guilty.length === 0)
    return problem(`systemd has not read the files of ${name} since they changed`, 'systemctl daemon-reload');
  if (overridden.length > 0)
    return problem(
      `${title} does not work: ${overridden.map((setting) => `${setting}=`).join(' and ')} of ${name} is overridden${inFiles(guilty)}`,
      moveAway(name, guilty),
    );
  if (runsAlways(name) && active.value !== 'active') {
    const saw = `${title} is not running (${name} is ${active.value})`;
    // One that was stopped only needs a start; one that fails may do so because of what was changed.
    return dropIns.length > 0 && (active.value !== 'inactive' || !conditionMet)
      ? problem(`${saw}, and its unit is changed${inFiles(dropIns)}`, moveAway(name, dropIns))
      : problem(saw, `systemctl restart ${name}`);
  }
  if (enabled === 'disabled')
    return problem(`${title} does not start at boot (${name} is disabled)`, `systemctl enable ${name}`);
  return [];
}

function inFiles(dropIns: readonly DropIn[]): string {
  return dropIns.length === 0 ? '' : ` by ${dropIns.map(({ path }) => path).join(' and ')}`;
}

/** Has systemd run the unit without these drop-ins. Those of a whole type or of a prefix change other units, too (systemd.unit(5)). */
function moveAway(name: string, dropIns: LoadedService['dropIns']): string {
  if (dropIns.length === 0 || !dropIns.every(({ path }) => path.includes(`/${name}.d/`)))
    return `systemctl cat ${name}`;
  const moves = dropIns.map(({ path }) => `mv ${shellWord(path)} ${shellWord(`${path}.off`)}`);
  return [...moves, 'systemctl daemon-reload', startAgain(name)].join(' && ');
}

function startAgain(name: string): string {
  if (runsAlways(name)) return `systemctl restart ${name}`;
  // What did not do its work was started again and again, up to the start limit, which also stops what starts it.
  const starter = name.replace(/\.service$/, name.includes('-metrics.') ? '.timer' : '.path');
  return `systemctl reset-failed ${name} && systemctl restart ${starter}`;
}

/** `install` does not bring what this copy itself lacks. */
function runFor({ lib: its, lacks }: InstalledProgram, lib: string, reinstall: string): string | null {
  return its === lib && lacks !== null ? null : reinstall;
}

/** What is wrong with the file or with a program that it names, or null; the subject stands before it. */
function programProblem(program: InstalledProgram, lib: string): string | null {
  const { file, lib: its, lacks, node, nodeVersion } = program;
  if (file === 'missing') return 'cannot run: its unit file does not exist';
  if (file === 'masked' || file === 'foreign')
    return 'cannot run: its unit file was not written by httpd-guard';
  if (its !== null && lacks !== null)
    return `cannot run: ${its} lacks ${lacks}${its === lib ? '; install this version of httpd-guard again' : ''}`;
  if (node !== null && !nodeVersion.known) return `cannot run: ${nodeVersion.why}`;
  if (file === 'other-copy')
    return `came from another copy of httpd-guard (${its ?? 'unknown'}), not from this one (${lib})`;
  if (file === 'outdated') return 'came from another version of httpd-guard, or for another TimeoutStopSec=';
  return null;
}
