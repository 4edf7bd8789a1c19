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
  'recover.on-recovered': { schema: program, allowed: A_PROGRAM, fallback: null, variable: null },
  'recover.on-gave-up': { schema: program, allowed: A_PROGRAM, fallback: null, variable: null },
  'notify.on-event': { schema: program, allowed: A_PROGRAM, fallback: null, variable: null },
  'monitor.textfile': {
    schema: v.nullable(v.pipe(v.string(), v.regex(/^\/[\w./+@:,-]*$/))),
    allowed: 'an absolute path without spaces, for example "/var/lib/node_exporter"',
    fallback: null,
    variable: null,
  },
} as const;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export type Configuration = { [N in SettingName]: v.InferOutput<(typeof SETTINGS)[N]['schema']> };

/** The effective values, and where each comes from: a file, an environment variable, or null for the default. */
export interface Configured {
  values: Configuration;
  origins: Record<SettingName, string | null>;
}

interface Given {
  value: unknown;
  origin: string;
}

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
  const given = new Map(file.value);
  for (const name of SETTING_NAMES) {
    const { variable } = SETTINGS[name];
    const text = variable === null ? undefined : environment[variable];
    if (variable !== null && text !== undefined) given.set(name, { value: text, origin: variable });
  }
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, string | null>> = {};
  for (const name of SETTING_NAMES) {
    const one = given.get(name);
    const value = one === undefined ? known(SETTINGS[name].fallback) : validate(name, one);
    if (!value.known) return value;
    values[name] = value.value;
    origins[name] = one?.origin ?? null;
  }
  const { 'check.warn': warn, 'check.crit': crit } = values as Configuration;
  if (warn > crit && given.has('check.warn') && given.has('check.crit'))
    return unknown(`${origins['check.warn']}: check.warn (${warn}) must not exceed check.crit (${crit})`);
  return known({ values: values as Configuration, origins: origins as Configured['origins'] });
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

function readFile(path: string | undefined): Fact<Map<SettingName, Given>> {
  const file = path ?? CONFIGURATION_FILE;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (path === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return known(new Map());
    return unknown(`${file} cannot be read: ${errorReason(error)}`);
  }
  // It can name programs that root runs.
  const why = process.geteuid?.() === 0 ? whyUntrusted(file) : null;
  if (why !== null) return unknown(`${file} is not read: ${why}`);
  let table: Record<string, unknown>;
  try {
    table = parse(text);
  } catch (error) {
    const where = error instanceof TomlError ? `, line ${error.line}` : '';
    return unknown(`${file} is not valid TOML${where}: ${errorReason(error).split('\n', 1)[0] ?? ''}`);
  }
  const given = new Map<SettingName, Given>();
  for (const [key, value] of flatten(table)) {
    if (!isSettingName(key)) return unknown(`${file}: ${complaint(key)}`);
    given.set(key, { value, origin: file });
  }
  return known(given);
}

const SECTIONS = new Set(SETTING_NAMES.flatMap((name) => /^(\w+)\./.exec(name)?.[1] ?? []));

/** Nested keys as "section.key". */
function flatten(table: Record<string, unknown>): [string, unknown][] {
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
