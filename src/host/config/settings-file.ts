import { readFileSync } from 'node:fs';
import { TomlError, parse } from 'smol-toml';
import { serviceName } from '../../core/httpd/choose-unit.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { nearest } from '../../core/text/nearest.ts';
import { errorReason } from '../files/error-reason.ts';
import { whyUntrusted } from '../files/trusted-path.ts';
import { CONFIGURATION_FILE } from './configuration-file.ts';
import { SETTINGS, SETTING_NAMES, type SettingName } from './settings.ts';

/** A value that was not validated yet. */
export interface Given {
  value: unknown;
  origin: string;
}

export type Settings = ReadonlyMap<SettingName, Given>;

/** What a configuration file sets: at its top, and for single units. */
export interface FileSettings {
  top: Settings;
  units: ReadonlyMap<string, Settings>;
}

/** Reads the settings of the configuration file, as they are written in it. A missing file is an error only if `path` names it. */
export function readSettingsFile(path: string | undefined): Fact<FileSettings> {
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
