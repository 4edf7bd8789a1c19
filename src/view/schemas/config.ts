import * as v from 'valibot';
import { schema } from './parts.ts';

export const SOURCES = [
  'command-line',
  'environment',
  'file',
  'systemd',
  'httpd',
  'default',
  'unknown',
] as const;

export const configSchema = v.strictObject({
  schema,
  settings: v.array(
    v.strictObject({
      name: v.string(),
      value: v.nullable(v.union([v.string(), v.number(), v.array(v.string())])),
      source: v.pipe(
        v.picklist(SOURCES),
        v.description('Where the value comes from; "unknown": it could not be determined.'),
      ),
      origin: v.pipe(
        v.string(),
        v.description(
          'The file, with its table of the unit ([unit."NAME"]) if the value is from there, or the variable; for other sources a sentence for people.',
        ),
      ),
    }),
  ),
});

export type ConfigJson = v.InferOutput<typeof configSchema>;
