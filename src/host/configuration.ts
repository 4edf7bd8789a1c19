import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import * as v from 'valibot';
import { type Fact, known, unknown } from '../core/fact.ts';
import { because } from './because.ts';
import { distrust } from './trusted-path.ts';

export const CONFIGURATION_FILE = '/etc/httpd-guard.toml';

const command = v.pipe(v.array(v.string()), v.minLength(1));

const schema = v.strictObject({
  recover: v.optional(
    v.strictObject({
      reap: v.optional(v.picklist(['unit', 'never']), 'unit'),
      settle: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(60)), 2),
      'health-url': v.optional(v.nullable(v.pipe(v.string(), v.url())), null),
      'on-recovered': v.optional(v.nullable(command), null),
      'on-gave-up': v.optional(v.nullable(command), null),
    }),
    {},
  ),
});

export type Configuration = v.InferOutput<typeof schema>;

/**
 * Reads the configuration, TOML. None at all is the default one; a wrong value, or a file that others than root may write,
 * is unknown, and the reason names file, key and what is allowed.
 */
export function readConfiguration(path: string | undefined): Fact<Configuration> {
  const file = path ?? CONFIGURATION_FILE;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (path === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT')
      return known(v.parse(schema, {}));
    return unknown(`${file} cannot be read: ${because(error)}`);
  }
  // It names programs that root runs.
  const why = process.geteuid?.() === 0 ? distrust(file) : null;
  if (why !== null) return unknown(`${file} is not read: ${why}`);
  try {
    const result = v.safeParse(schema, parse(text));
    if (result.success) return known(result.output);
    const [issue] = result.issues;
    const key = v.getDotPath(issue) ?? '';
    return unknown(`${file}: ${key}: ${issue.message}`);
  } catch (error) {
    return unknown(`${file} is no TOML: ${because(error).split('\n', 1)[0] ?? ''}`);
  }
}
