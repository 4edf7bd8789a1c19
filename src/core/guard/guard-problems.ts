import type { UnitFacts } from '../units/unit-facts.ts';
import { shellWord } from '../text/shell-word.ts';
import type { GuardFacts, GuardService, GuardedUnit, InstalledProgram } from './guard-facts.ts';

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
export function guardWarnings({ name, load }: UnitFacts, guard: GuardFacts): string[] {
  // systemd loads nothing of a masked unit, and never starts it.
  const problems = problemsOf(name, guard).filter(({ unit }) => load !== 'masked' || unit === null);
  return problems.map(({ saw, run }) => `${name} is guarded, but ${saw}${run === null ? '' : `: ${run}`}`);
}

/** A note if the unit is not guarded, which is no problem: `check` by hand needs no installation. A unit with its own sets needs none either. */
export function notGuarded({ name, load, privateIpc }: UnitFacts, { units }: GuardFacts): string[] {
  if (load !== 'loaded' || privateIpc || units.some(({ unit }) => unit === name)) return [];
  return [`${name} is not guarded by httpd-guard: ${install(name)}`];
}

/** Whether the watcher runs and a request of it starts a recovery; null if systemd could not be queried. */
export function isWatched({ services }: GuardFacts): boolean | null {
  const both = services.filter(({ name }) => runsAlways(name) && !name.endsWith('.timer'));
  if (both.some(({ active }) => !active.known)) return null;
  return both.length > 0 && both.every(({ active }) => active.known && active.value === 'active');
}

/** The others are started by these, and end. */
function runsAlways(name: string): boolean {
  return name.endsWith('watch.service') || !name.endsWith('.service');
}

function install(unit: string): string {
  return `httpd-guard install --unit ${shellWord(unit)}`;
}

function unitProblems(hooked: GuardedUnit, lib: string): GuardProblem[] {
  const { unit, hooks } = hooked;
  const problem = (saw: string, run: string | null): GuardProblem[] => [{ unit, saw, run }];
  const inFile = programProblem(hooked, lib);
  if (inFile !== null) return problem(`the hooks of ${unit} ${inFile}`, runFor(hooked, lib, install(unit)));
  if (!hooks.known) return problem(`the hooks of ${unit} could not be checked: ${hooks.why}`, null);
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
  const { name, file, active, enabled } = service;
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
  if (runsAlways(name) && active.value !== 'active')
    return problem(`${title} is not running (${name} is ${active.value})`, `systemctl restart ${name}`);
  if (enabled === 'disabled')
    return problem(`${title} does not start at boot (${name} is disabled)`, `systemctl enable ${name}`);
  return [];
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
