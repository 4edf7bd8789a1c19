import { readFileSync } from 'node:fs';
import { TomlError, parse } from 'smol-toml';
import * as v from 'valibot';
import { serviceName } from '../../core/httpd/choose-unit.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { nearest } from '../../core/text/nearest.ts';
import { errorReason } from '../files/error-reason.ts';
import { CONFIGURATION_FILE } from './configuration-file.ts';
import { whyUntrusted } from '../files/trusted-path.ts';

const percent = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100));
const program = v.nullable(v.pipe(v.array(v.string()), v.minLength(1)));
const absolutePath = v.nullable(v.pipe(v.string(), v.regex(/^\/[\w./+@:,-]*$/)));
const A_PERCENT = 'a whole number from 0 to 100';
const A_PROGRAM = 'a list of a program and its arguments, for example ["/usr/bin/logger", "httpd"]';

/** All settings: their schema, the allowed values in words, the default, and the environment variable. */
export const SETTINGS = {
  unit: {
    schema: v.nullable(
      v.pipe(
        v.string(),
        v.check((text) => serviceName(text) !== null),
        v.transform((text) => serviceName(text) ?? text),
      ),
    ),
    allowed: 'a service, for example "httpd.service"',
    fallback: null,
    variable: 'HTTPD_GUARD_UNIT',
  },
  user: {
    schema: v.nullable(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][\w.@$-]{0,255}$/))),
    allowed: 'the user that httpd runs as, for example "apache"',
    fallback: null,
    variable: 'HTTPD_GUARD_USER',
  },
  'error-log': {
    schema: absolutePath,
    allowed: 'an absolute path without spaces, for example "/var/log/httpd/error_log"',
    fallback: null,
    variable: 'HTTPD_GUARD_ERROR_LOG',
  },
  'check.warn': { schema: percent, allowed: A_PERCENT, fallback: 80, variable: 'HTTPD_GUARD_WARN' },
  'check.crit': { schema: percent, allowed: A_PERCENT, fallback: 100, variable: 'HTTPD_GUARD_CRIT' },
  'recover.reap': {
    schema: v.picklist(['unit', 'never']),
    allowed: '"unit" or "never"',
    fallback: 'unit',
    variable: 'HTTPD_GUARD_REAP',
  },
  'recover.settle': {
    schema: v.pipe(v.number(), v.minValue(0), v.maxValue(60)),
    allowed: 'a number of seconds from 0 to 60',
    fallback: 2,
    variable: 'HTTPD_GUARD_SETTLE',
  },
  'recover.health-url': {
    schema: v.nullable(v.pipe(v.string(), v.url(), v.regex(/^https?:/))),
    allowed: 'a URL, for example "http://127.0.0.1/"',
    fallback: null,
    variable: 'HTTPD_GUARD_HEALTH_URL',
  },
  'recover.on-set-removed': {
    schema: v.picklist(['report', 'restart']),
    allowed: '"report" or "restart"',
    fallback: 'report',
    variable: 'HTTPD_GUARD_ON_SET_REMOVED',
  },
  'recover.on-recovered': { schema: program, allowed: A_PROGRAM, fallback: null, variable: null },
  'recover.on-gave-up': { schema: program, allowed: A_PROGRAM, fallback: null, variable: null },
  'notify.on-event': { schema: program, allowed: A_PROGRAM, fallback: null, variable: null },
  'monitor.textfile': {
    schema: absolutePath,
    allowed: 'an absolute path without spaces, for example "/var/lib/node_exporter"',
    fallback: null,
    variable: null,
  },
} as const;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export type Configuration = { [N in SettingName]: v.InferOutput<(typeof SETTINGS)[N]['schema']> };

/**
 * The effective values, and where each comes from: a file, a table of it, an environment variable, or null for the default.
 * `units` has what the tables [unit."NAME"] set, by unit; `forUnit` applies it.
 */
export interface Configured {
  values: Configuration;
  origins: Record<SettingName, string | null>;
  units: ReadonlyMap<string, Settings>;
}

interface Given {
  value: unknown;
  origin: string;
}

type Settings = ReadonlyMap<SettingName, Given>;

/** What a configuration file sets: at its top, and for single units. */
interface FileSettings {
  top: Settings;
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
  const file = readFile(path);
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

function readFile(path: string | undefined): Fact<FileSettings> {
  const file = path ?? CONFIGURATION_FILE;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (path === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT')
      return known({ top: new Map(), units: new Map() });
    return unknown(`${file} cannot be read: ${errorReason(error)}`);
  }
  // It can name programs that root runs.
  const why = process.geteuid?.() === 0 ? whyUntrusted(file) : null;
  if (why !== null) return unknown(`${file} is not read: ${why}`);
  let table: Table;
  try {
    table = parse(text);
  } catch (error) {
    if (hasUnitTwice(text))
      return unknown(
        `${file}: unit = "NAME" and a table [unit."NAME"] exclude each other in TOML: remove unit = (--unit and HTTPD_GUARD_UNIT select a unit as well)`,
      );
    const where = error instanceof TomlError ? `, line ${error.line}` : '';
    return unknown(`${file} is not valid TOML${where}: ${errorReason(error).split('\n', 1)[0] ?? ''}`);
  }
  const { unit } = table;
  const tables = isTable(unit) ? unit : {};
  const top = settingsOf(isTable(unit) ? without(table, 'unit') : table, file, '');
  if (!top.known) return top;
  const units = new Map<string, Settings>();
  for (const [key, inner] of Object.entries(tables)) {
    const one = unitTable(key, inner, file);
    if (!one.known) return one;
    const { name, settings } = one.value;
    if (units.has(name)) return unknown(`${file}: [unit."${name}"] is there twice`);
    units.set(name, settings);
  }
  return known({ top: top.value, units });
}

type Table = Record<string, unknown>;

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function without(table: Table, key: string): Table {
  return Object.fromEntries(Object.entries(table).filter(([one]) => one !== key));
}

/** The parser complains about any key that is there twice, in the same words. */
function hasUnitTwice(text: string): boolean {
  return /^\s*unit\s*=/m.test(text) && /^\s*\[\s*unit\s*\./m.test(text);
}

function unitTable(key: string, inner: unknown, file: string): Fact<{ name: string; settings: Settings }> {
  const where = `[unit.${JSON.stringify(key)}]`;
  const name = serviceName(key);
  if (!isTable(inner))
    return unknown(
      `${file}: unit.${JSON.stringify(key)} = ${JSON.stringify(inner)} is wrong: ${A_UNIT_TABLE}`,
    );
  if (isTable(inner['service']))
    return unknown(`${file}: the name of a unit needs quotes: [unit."${key}.service"]`);
  if (name === null) return unknown(`${file}: ${where} is wrong: ${A_UNIT_TABLE}`);
  const settings = settingsOf(inner, `${file} [unit."${name}"]`, `${where}: `);
  return settings.known ? known({ name, settings: settings.value }) : unknown(`${file}: ${settings.why}`);
}

const A_UNIT_TABLE =
  'it must be a table of settings with the name of a service, for example [unit."web.service"]';

/** `inTable`: the table of one unit, for the complaint; "" at the top of the file, whose name it then has. */
function settingsOf(table: Table, origin: string, inTable: string): Fact<Settings> {
  const given = new Map<SettingName, Given>();
  for (const [key, value] of flatten(table)) {
    if (inTable !== '' && key === 'unit') return unknown(`${inTable}unit is not a setting of a unit`);
    if (!isSettingName(key)) return unknown(`${inTable === '' ? `${origin}: ` : inTable}${complaint(key)}`);
    given.set(key, { value, origin });
  }
  return known(given);
}

const SECTIONS = new Set(SETTING_NAMES.flatMap((name) => /^(\w+)\./.exec(name)?.[1] ?? []));

/** Nested keys as "section.key". */
function flatten(table: Table): [string, unknown][] {
  return Object.entries(table).flatMap(([key, value]): [string, unknown][] =>
    SECTIONS.has(key) && typeof value === 'object' && value !== null
      ? Object.entries(value).map(([inner, one]) => [`${key}.${inner}`, one])
      : [[key, value]],
  );
}

function isSettingName(key: string): key is SettingName {
  return Object.hasOwn(SETTINGS, key);
}

function complaint(key: string): string {
  if (SECTIONS.has(key)) return `${key} is a table: [${key}]`;
  const below = SETTING_NAMES.find((name) => name.endsWith(`.${key}`));
  if (below !== undefined) return `${key} belongs to the table [${below.slice(0, below.indexOf('.'))}]`;
  const near = nearest(key, [...SETTING_NAMES, ...SECTIONS]);
  const hint = near === null ? `the settings are ${SETTING_NAMES.join(', ')}` : `did you mean ${near}?`;
  return `${key} is not a setting: ${hint}`;
}
