import * as v from 'valibot';
import { serviceName } from '../../core/httpd/choose-unit.ts';

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
