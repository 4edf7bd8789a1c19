import * as v from 'valibot';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { CONFIGURATION_FILE } from './configuration-file.ts';
import { type Given, type Settings, readSettingsFile } from './settings-file.ts';
import { type Configuration, SETTINGS, SETTING_NAMES, type SettingName } from './settings.ts';

/**
 * The effective values, and where each comes from: a file, a table of it, an environment variable, or null for the default.
 * `units` has what the tables [unit."NAME"] set, by unit; `forUnit` applies it.
 */
export interface Configured {
  values: Configuration;
  origins: Record<SettingName, string | null>;
  units: ReadonlyMap<string, Settings>;
}

/** They describe one server: at the top of the file that of `unit`, if it is set. */
const OF_ONE_SERVER = ['user', 'error-log'] as const satisfies readonly SettingName[];

/**
 * Reads the configuration file (TOML), overridden by HTTPD_GUARD_* of `environment`. A missing file is an error only if `path`
 * names it. A wrong value, or a file that other users than root can write, is unknown; the reason names file, key, value and
 * the allowed values.
 */
export function readConfiguration(
  path?: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Fact<Configured> {
  const file = readSettingsFile(path);
  if (!file.known) return file;
  const given = new Map(file.value.top);
  for (const name of SETTING_NAMES) {
    const { variable } = SETTINGS[name];
    const text = variable === null ? undefined : environment[variable];
    if (variable !== null && text !== undefined) given.set(name, { value: text, origin: variable });
  }
  const valid = validateAll(given);
  if (!valid.known) return valid;
  const units = new Map<string, Settings>();
  for (const [unit, table] of file.value.units) {
    const checked = validateAll(table);
    if (!checked.known) return checked;
    units.set(unit, checked.value);
  }
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, string | null>> = {};
  for (const name of SETTING_NAMES) {
    const one = valid.value.get(name);
    values[name] = one === undefined ? SETTINGS[name].fallback : one.value;
    origins[name] = one?.origin ?? null;
  }
  const configured = { values, origins, units } as Configured;
  for (const one of [configured, ...[...units.keys()].map((unit) => forUnit(configured, unit))]) {
    const complaint = thresholdComplaint(one);
    if (complaint !== null) return unknown(complaint);
  }
  return known(configured);
}

/** The configuration of one unit, by precedence: environment, its table, the top of the file, defaults. */
export function forUnit(configured: Configured, unit: string | null): Configured {
  if (unit === null) return configured;
  const values: Record<SettingName, unknown> = { ...configured.values };
  const origins = { ...configured.origins };
  if (configured.values.unit !== null && configured.values.unit !== unit)
    for (const name of OF_ONE_SERVER) {
      values[name] = SETTINGS[name].fallback;
      origins[name] = null;
    }
  for (const [name, { value, origin }] of configured.units.get(unit) ?? []) {
    if (isFromEnvironment(name, origins[name])) continue;
    values[name] = value;
    origins[name] = origin;
  }
  return { ...configured, values: values as Configuration, origins };
}

export function isFromEnvironment(name: SettingName, origin: string | null): boolean {
  return origin !== null && origin === SETTINGS[name].variable;
}

/** Whether the value is in the file that httpd-guard reads by default: the hooks see no other file and no variable. */
export function isSeenByHooks(origin: string | null): boolean {
  return origin === CONFIGURATION_FILE || origin?.startsWith(`${CONFIGURATION_FILE} `) === true;
}

/** A default is no contradiction: the other value alone was chosen. */
function thresholdComplaint({ values, origins }: Configured): string | null {
  const { 'check.warn': warn, 'check.crit': crit } = values;
  return warn > crit && origins['check.warn'] !== null && origins['check.crit'] !== null
    ? `${origins['check.warn']}: check.warn (${warn}) must not exceed check.crit (${crit})`
    : null;
}

function validateAll(given: Settings): Fact<Settings> {
  const valid = new Map<SettingName, Given>();
  for (const [name, one] of given) {
    const value = validate(name, one);
    if (!value.known) return value;
    valid.set(name, { value: value.value, origin: one.origin });
  }
  return known(valid);
}

function validate(name: SettingName, { value, origin }: Given): Fact<unknown> {
  const { schema, allowed, variable } = SETTINGS[name];
  // Environment variables are text.
  const candidates = origin === variable ? [value, Number(value)] : [value];
  for (const candidate of candidates) {
    const result = v.safeParse(schema, candidate);
    if (result.success) return known(result.output);
  }
  const key = origin === variable ? origin : `${origin}: ${name}`;
  return unknown(`${key} = ${JSON.stringify(value)} is wrong: it must be ${allowed}`);
}
