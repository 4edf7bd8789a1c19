import * as v from 'valibot';
import type { Status } from '../../core/check/health.ts';
import type { PidFileState } from '../../core/verdict/pid-file.ts';
import { count, evidence, integer, reasons, schema, tableUse, time, verdict } from './parts.ts';

const processes = v.nullable(v.array(v.strictObject({ pid: count, startedAt: time })));

export const checkSchema = v.strictObject({
  schema,
  takenAt: time,
  unit: v.nullable(
    v.pipe(
      v.strictObject({
        name: v.string(),
        load: v.string(),
        active: v.string(),
        sub: v.string(),
        result: v.string(),
        mainPid: count,
        privateIpc: v.boolean(),
      }),
      v.description('What systemd reports, see org.freedesktop.systemd1(5).'),
    ),
  ),
  httpd: v.strictObject({
    user: v.nullable(v.string()),
    uid: v.nullable(count),
    binary: v.nullable(v.string()),
    errorLog: v.nullable(v.string()),
    mutexMechanism: v.nullable(v.string()),
    pidFile: v.nullable(
      v.strictObject({
        path: v.string(),
        pid: v.nullable(count),
        state: v.picklist([
          'absent',
          'live',
          'stale',
          'foreign',
          'unreadable',
        ] as const satisfies readonly PidFileState[]),
      }),
    ),
    masters: processes,
    orphanedWorkers: processes,
  }),
  limits: v.nullable(tableUse),
  summary: v.nullable(v.strictObject({ orphan: count, inUse: count, foreign: count, unsure: count })),
  sets: v.nullable(
    v.array(
      v.strictObject({
        id: count,
        key: integer,
        nsems: count,
        mode: v.pipe(v.string(), v.regex(/^0[0-7]{3,}$/), v.description('Octal.')),
        uid: count,
        cuid: count,
        ctime: time,
        lastPid: v.pipe(
          v.nullable(count),
          v.description('The last process that used it; 0 if that is in another pid namespace.'),
        ),
        waiters: v.nullable(count),
        owner: v.pipe(
          v.nullable(
            v.strictObject({
              unit: v.string(),
              invocation: v.pipe(v.string(), v.description('InvocationID of the run.')),
              masterPid: count,
              living: v.pipe(v.boolean(), v.description('Whether a process of that run is running.')),
            }),
          ),
          v.description('The run of a unit that was seen to use the set; null if that is not proven.'),
        ),
        verdict,
        evidence,
      }),
    ),
  ),
  segments: v.pipe(
    v.nullable(
      v.array(
        v.strictObject({
          id: count,
          key: integer,
          size: count,
          uid: count,
          cuid: count,
          cpid: count,
          lpid: count,
          attached: count,
          verdict,
          evidence,
        }),
      ),
    ),
    v.description('Orphaned shared memory.'),
  ),
  status: v.picklist(['ok', 'warning', 'critical', 'unknown'] as const satisfies readonly Status[]),
  reasons,
});

export type CheckJson = v.InferOutput<typeof checkSchema>;
