/** What of httpd-guard's own unit file systemd runs: an admin's drop-in may change it. */
export interface LoadedService {
  /** The settings of the file whose loaded value is another one, as "ExecStart". */
  overridden: readonly string[];
  /** Whether a file of the unit was changed since systemd read it. */
  needsReload: boolean;
  /** Whether its conditions were met when it was last started. */
  conditionMet: boolean;
  dropIns: readonly DropIn[];
}

/** A drop-in of somebody else, and which settings it contains. */
export interface DropIn {
  path: string;
  settings: readonly string[];
}

/** What systemd has loaded for a service, path or timer unit. */
export interface LoadedSettings {
  /** The words of each ExecStart= command. */
  commands: readonly (readonly string[])[];
  /** As "PathExists=/run/request". */
  paths: readonly string[];
  /** The number of OnCalendar= lines. */
  calendars: number;
  /** The unit that a path or timer starts; "" for a service. */
  starts: string;
}

/** The settings that decide whether one of httpd-guard's units does its work, and that systemd has not loaded as in the file. */
export function overriddenSettings(name: string, text: string, loaded: LoadedSettings): string[] {
  const linesOf = (setting: string): string[] => text.match(new RegExp(`^${setting}=.*$`, 'gm')) ?? [];
  const commands = loaded.commands.map((words) => `ExecStart=${words.join(' ')}`);
  const differs: [string, boolean][] = [
    ['ExecStart', commands.join('\n') !== linesOf('ExecStart').join('\n')],
    ['PathExists', linesOf('PathExists').some((line) => !loaded.paths.includes(line))],
    ['OnCalendar', linesOf('OnCalendar').length > loaded.calendars],
    ['Unit', loaded.starts !== '' && loaded.starts !== name.replace(/\.\w+$/, '.service')],
  ];
  return differs.flatMap(([setting, isOther]) => (isOther ? [setting] : []));
}

/** The names of the settings in a unit file or drop-in (systemd.syntax(7)). */
export function settingsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/^\s*([A-Za-z]+)\s*=/gm)].flatMap(([, name]) => name ?? []))];
}
