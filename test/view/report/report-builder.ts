import type { UnitListing } from '../../../src/core/httpd/choose-unit.ts';
import { type Fact, known, unknown } from '../../../src/core/fact.ts';
import type { GuardFacts } from '../../../src/core/guard/guard-facts.ts';
import { guardWarnings } from '../../../src/core/guard/guard-problems.ts';
import { health } from '../../../src/core/check/health.ts';
import type { HttpdSettings } from '../../../src/core/httpd/settings.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import type { Report } from '../../../src/core/check/report.ts';
import { lostSets } from '../../../src/core/register/losses.ts';
import { tableUse } from '../../../src/core/verdict/table-use.ts';
import { type Segment, detachedSegments } from '../../../src/core/verdict/segment.ts';
import type { SemaphoreLimits } from '../../../src/core/verdict/snapshot.ts';
import type { UnitFacts } from '../../../src/core/units/unit-facts.ts';
import { judge } from '../../../src/core/verdict/verdict.ts';
import {
  BEGAN_AGO_S,
  NOW_S,
  type Scene,
  UNIT,
  master,
  orphanedWorker,
  set,
  snapshot,
  stamp,
  worker,
} from '../../core/verdict/snapshot-builder.ts';

export const unit = (over: Partial<UnitFacts> = {}): UnitFacts => ({
  name: UNIT,
  load: 'loaded',
  loadError: '',
  lastMainPid: 0,
  mainExitMs: 0,
  mainExitedWell: true,
  activeExitMs: 0,
  needs: [],
  restart: 'no',
  condition: { met: true, atMs: 0 },
  active: 'active',
  sub: 'running',
  result: 'success',
  mainPid: 800,
  fileState: 'enabled',
  invocationId: '0123456789abcdef0123456789abcdef',
  job: null,
  privateIpc: false,
  knowsPrivateIpc: true,
  user: '',
  run: {
    began: stamp(BEGAN_AGO_S),
    stamps: [],
    leavesNobody: true,
    isActive: true,
    invocationId: 'now',
    startPid: 0,
    main: null,
  },
  startStatus: null,
  failedCommand: null,
  execStart: { path: '/usr/sbin/apachectl', argv: ['/usr/sbin/apachectl', 'start'] },
  environment: [],
  environmentFiles: [],
  type: 'forking',
  pidFile: null,
  workingDirectory: '',
  ownRoot: '',
  fragmentPath: '/lib/systemd/system/apache2.service',
  dropInPaths: [],
  startTimeoutMs: 90_000,
  stopTimeoutMs: 90_000,
  runtimeMaxMs: Infinity,
  memoryMaxBytes: Infinity,
  ...over,
});

export const settings = (over: Partial<HttpdSettings> = {}): HttpdSettings => ({
  user: 'www-data',
  uid: 33,
  gid: 33,
  errorLog: '/var/log/apache2/error.log',
  pidFile: '/run/apache2.pid',
  mutexMechanism: 'sysvsem',
  sysvMutexes: 3,
  mutexDir: '/run/apache2',
  configFiles: [],
  includedFiles: [],
  serverRoot: null,
  ...over,
});

interface Found {
  unit?: Fact<UnitFacts>;
  settings?: Fact<HttpdSettings>;
  pidFile?: Report['pidFile'];
  finding?: Report['finding'];
  degraded?: Report['degraded'];
  cures?: Report['cures'];
  otherUnits?: UnitListing[];
  missing?: string[];
  tableUnread?: string;
  warnPercent?: number;
  critPercent?: number;
  segments?: Segment[];
  segmentsUnread?: string;
  guard?: GuardFacts;
}

/** What `check` would make of a scene, with the real verdict and the real status. */
export function report(scene: Scene, found: Found = {}): Report {
  const taken = snapshot(scene);
  const seen = found.tableUnread === undefined ? taken : { ...taken, sets: unknown(found.tableUnread) };
  const judgements = judge(seen);
  const use = tableUse(seen);
  const about = found.unit ?? known(unit());
  const percents = { warnPercent: found.warnPercent ?? 80, critPercent: found.critPercent ?? 95 };
  const guard = found.guard ?? { lib: '/usr/lib/httpd-guard', units: [], services: [] };
  const said = found.settings ?? known(settings());
  return {
    unit: about,
    otherUnits: found.otherUnits ?? [],
    settings: said,
    pidFile: found.pidFile ?? known({ path: '/run/apache2.pid', pid: 800, state: 'live' }),
    snapshot: seen,
    lineages: lineages(seen),
    use,
    judgements,
    segments: detachedSegments(
      found.segmentsUnread === undefined ? known(found.segments ?? []) : unknown(found.segmentsUnread),
      seen,
    ),
    finding: found.finding ?? null,
    degraded: found.degraded ?? null,
    cures: found.cures ?? [],
    health: health({
      use,
      judgements,
      unit: about,
      finding: found.finding ?? null,
      needed: said.known ? said.value.sysvMutexes : null,
      isApart: about.known && about.value.privateIpc,
      lostSets: about.known ? lostSets(about.value.name, seen.register.losses) : 0,
      degraded: found.degraded ?? null,
      guardProblems: about.known ? guardWarnings(about.value, guard) : [],
      found: about.known || said.known,
      ...percents,
      missing: found.missing ?? [],
    }),
    guard,
    ...percents,
  };
}

const limits = (maxSets: number): Fact<SemaphoreLimits> => known({ maxSets, maxSemaphores: 100 });

/** A full table: ten leaked mutexes and somebody else's set. */
export const sick = (): Report =>
  report(
    {
      limits: limits(11),
      processes: [],
      sets: [
        ...Array.from({ length: 10 }, (_, i) => set({ id: 32_768 * i, ctime: NOW_S - 7_200 + i })),
        set({ id: 327_681, key: -2_147_483_647, nsems: 17, uid: 26, cuid: 26, mode: 0o600 }),
      ],
    },
    {
      unit: known(unit({ active: 'failed', sub: 'failed', result: 'exit-code', mainPid: 0 })),
      pidFile: known({ path: '/run/apache2.pid', pid: 700, state: 'stale' }),
      finding: { cause: 'semaphore-leak', evidence: [], cures: [] },
    },
  );

export const healthy = (): Report =>
  report(
    {
      limits: limits(128),
      processes: [master(), worker(), worker({ pid: 802 })],
      sets: [set({ id: 0, ctime: NOW_S - 3_599 })],
      inspections: { 0: { lastPid: 801 } },
    },
    { otherUnits: [{ name: 'apache2@a.service', active: 'failed' }] },
  );

/** Monitoring's view: the limits can be judged, the sets cannot. */
export const unprivileged = (): Report => {
  const why = "cannot see other users' processes: run it as root (CAP_SYS_PTRACE)";
  return report({ limits: limits(128), visibility: unknown(why) }, { missing: [why] });
};

export const unseen = (): Report =>
  report(
    { owner: unknown('no httpd found') },
    {
      tableUnread: '/proc/sysvipc/sem cannot be read: EACCES',
      unit: unknown('systemd cannot be asked'),
      settings: unknown('no httpd found'),
      pidFile: unknown('no httpd found'),
      missing: ['systemd cannot be asked', 'no httpd found'],
    },
  );

/** What is left of a server whose master was killed. */
export const orphaned = (): Report =>
  report(
    { processes: [orphanedWorker(), orphanedWorker({ pid: 702 })] },
    { unit: known(unit({ mainPid: 0 })) },
  );

const segment = (over: Partial<Segment> = {}): Segment => ({
  id: 3,
  key: 0x63637069,
  size: 4096,
  cpid: 600,
  lpid: 601,
  attached: 0,
  uid: 33,
  cuid: 0,
  ...over,
});

/** Shared memory of a dead httpd, beside some of other programs. */
export const leftover = (): Report =>
  report(
    {},
    { segments: [segment(), segment({ id: 4, attached: 2 }), segment({ id: 5, uid: 26, cuid: 26 })] },
  );
