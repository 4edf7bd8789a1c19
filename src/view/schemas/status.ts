import * as v from 'valibot';
import type { InstalledFile } from '../../core/guard/guard-facts.ts';
import type { GuardState } from '../../core/guard/guard-status.ts';
import { count, forPeople, reasons, schema, time } from './parts.ts';

const file = v.pipe(
  v.picklist([
    'current',
    'outdated',
    'other-copy',
    'missing',
    'masked',
    'foreign',
  ] as const satisfies readonly InstalledFile[]),
  v.description('Its file, compared with what this copy of httpd-guard writes.'),
);

const node = v.strictObject({ path: v.nullable(v.string()), version: v.nullable(v.string()) });

export const statusSchema = v.strictObject({
  schema,
  state: v.picklist(['working', 'degraded', 'not-installed'] as const satisfies readonly GuardState[]),
  version: v.string(),
  lib: v.pipe(v.string(), v.description('The directory of the copy that printed this.')),
  node: v.pipe(node, v.description('The Node that printed this.')),
  units: v.array(
    v.strictObject({
      name: v.string(),
      active: v.nullable(v.string()),
      sub: v.nullable(v.string()),
      enabled: v.nullable(v.string()),
      file,
      hooks: v.pipe(
        v.nullable(
          v.strictObject({ startPre: v.boolean(), stopPost: v.boolean(), needsReload: v.boolean() }),
        ),
        v.description('What systemd has loaded.'),
      ),
      node,
      ports: v.pipe(v.nullable(v.array(count)), v.description('TCP ports of its main process.')),
      health: v.pipe(
        v.nullable(v.strictObject({ url: v.string(), ok: v.boolean() })),
        v.description('null without recover.health-url, or while the unit is down.'),
      ),
      last: v.pipe(
        v.nullable(v.strictObject({ at: time, did: v.string(), sentence: forPeople })),
        v.description('The last journal entry of httpd-guard about it; null also if it cannot be read.'),
      ),
    }),
  ),
  services: v.array(
    v.strictObject({
      name: v.string(),
      active: v.nullable(v.string()),
      enabled: v.nullable(v.string()),
      file,
    }),
  ),
  notGuarded: v.pipe(v.array(v.string()), v.description('Other units of httpd on this host.')),
  problems: v.array(
    v.strictObject({
      unit: v.nullable(v.string()),
      saw: forPeople,
      run: v.pipe(v.nullable(v.string()), v.description('One line for a shell.')),
    }),
  ),
  reasons,
});

export type StatusJson = v.InferOutput<typeof statusSchema>;
