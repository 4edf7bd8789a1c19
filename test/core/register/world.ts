import type { Stamp } from '../../../src/core/clock.ts';
import { type Fact, known, unknown } from '../../../src/core/fact.ts';
import { NO_REGISTER, type Register } from '../../../src/core/register/register.ts';
import { parseRegister, registerText } from '../../../src/core/register/register-text.ts';
import { updateRegister } from '../../../src/core/register/update-register.ts';
import type { UnitRun } from '../../../src/core/units/unit-run.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import type { ProcessFacts } from '../../../src/core/verdict/process-facts.ts';
import type { SemaphoreSet } from '../../../src/core/verdict/semaphore-set.ts';
import type { Snapshot } from '../../../src/core/verdict/snapshot.ts';
import { judge } from '../../../src/core/verdict/verdict.ts';

// A machine with several servers of one user, played event by event. It keeps what no look can see: which process knows which
// set, by what it made and by what it was forked from. The guard sees only what the kernel and systemd would report.

interface Process extends ProcessFacts {
  /** The sets that it could use: core does not read it. */
  knows: Set<ModelSet>;
}

interface ModelSet extends SemaphoreSet {
  lastPid: number;
}

interface Unit {
  name: string;
  forks: boolean;
  leavesNobody: boolean;
  run: {
    invocation: number;
    began: Stamp;
    stamps: Stamp[];
    startPid: number;
    mainPid: number;
    mainBegan: Stamp;
    exited: Stamp | null;
  } | null;
}

/** Those that make and end servers come more often. */
export const EVENTS = [
  ...repeat(4, 'start', 'kill', 'look'),
  ...repeat(2, 'kill-master', 'reload', 'use', 'fork', 'exit', 'clean', 'post-stop', 'wait', 'cycle-pids'),
  ...repeat(1, 'stop', 'exec', 'by-hand', 'kill-by-hand', 'forge-use', 'forge-ctime', 'forge-owner'),
  ...repeat(1, 'step', 'tear', 'stale', 'reboot', 'save', 'restore'),
];

function repeat<T extends string>(times: number, ...kinds: T[]): T[] {
  return Array.from({ length: times }, () => kinds).flat();
}

export interface Event {
  kind: (typeof EVENTS)[number];
  /** Two numbers that choose among what there is. */
  a: number;
  b: number;
}

const UID = 33;
const APP = 1001;
const PID_MAX = 32_768;
const IPC = known('ipc:[4026531839]');
const BOOT_WALL_MS = Date.UTC(2026, 0, 1);

export class World {
  private nowMs = 100_000;
  private stepMs = 0;
  private hasStepped = false;
  private boot = 1;
  private pid = 500;
  private forks = 500;
  private invocations = 0;
  private processes: Process[] = [];
  private sets: ModelSet[] = [];
  /** Ids that were removed, and when: the kernel gives one again at the earliest after all others. */
  private readonly freed = new Map<number, number>();
  private nextId = 0;
  private units: Unit[] = [
    { name: 'apache2.service', forks: true, leavesNobody: true, run: null },
    { name: 'apache2@b.service', forks: true, leavesNobody: true, run: null },
    { name: 'httpd.service', forks: false, leavesNobody: true, run: null },
    { name: 'apache2@process.service', forks: false, leavesNobody: false, run: null },
  ];
  private text = '';
  private older = '';
  private saved: string | null = null;
  /** Sets that were removed although a living process knew them. */
  readonly wrong: string[] = [];
  /** How many orphans only the register proved. */
  byRegister = 0;
  removed = 0;

  play({ kind, a, b }: Event): void {
    this.wait(20 + ((a * 7 + b * 3) % 400));
    const unit = this.units[a % this.units.length];
    if (unit === undefined) return;
    switch (kind) {
      case 'start':
        if (this.of(unit).length === 0) this.start(unit, b);
        return;
      case 'kill':
        this.end(this.of(unit));
        this.note(unit);
        if (b % 2 === 0) this.postStop(unit);
        return;
      case 'kill-master':
        this.end(this.of(unit).filter(({ pid }) => pid === unit.run?.mainPid));
        this.note(unit);
        return;
      case 'stop':
        this.stop(unit);
        return;
      case 'reload':
        this.reload(this.masterOf(unit), b);
        if (b % 3 === 0) unit.run?.stamps.push(this.stamp());
        return;
      case 'exec': {
        const master = this.masterOf(unit);
        master?.knows.clear();
        return;
      }
      case 'use':
        this.use(
          this.pick(
            this.processes.filter(({ knows }) => knows.size > 0),
            a,
          ),
          b,
        );
        return;
      case 'fork': {
        const parent = this.pick(this.masters(), a);
        if (parent !== undefined) this.fork(parent, UID);
        return;
      }
      case 'exit': {
        const worker = this.pick(
          this.processes.filter(({ uids }) => !uids.includes(0)),
          a,
        );
        if (worker !== undefined) this.end([worker]);
        return;
      }
      case 'by-hand':
        this.launch(null, true, b);
        return;
      case 'kill-by-hand': {
        const byHand = this.processes.filter(({ unit: of }) => !of.known);
        this.end(b % 2 === 0 ? byHand : byHand.filter(({ uids }) => uids.includes(0)));
        return;
      }
      case 'wait':
        this.wait(a * 10 + b * 1_000);
        return;
      case 'look':
        this.look(null);
        return;
      case 'clean':
        this.clean(null);
        return;
      case 'post-stop':
        this.postStop(unit);
        return;
      case 'step':
        // Two steps that cancel each other leave no trace: a limitation of the age rule, which SECURITY.md describes.
        if (!this.hasStepped) this.stepMs += (b % 2 === 0 ? 1 : -1) * (a + 2) * 60_000;
        this.hasStepped = true;
        return;
      case 'cycle-pids':
        this.cyclePids(a, b);
        return;
      case 'tear':
        this.text = this.text.slice(0, a * 3);
        return;
      case 'stale':
        [this.text, this.older] = [this.older, this.text];
        return;
      case 'forge-use':
        this.forgeUse(a, b);
        return;
      case 'forge-ctime': {
        const set = this.pick(this.sets, a);
        if (set !== undefined) set.ctime = this.wallS();
        return;
      }
      case 'forge-owner': {
        const set = this.pick(this.sets, a);
        if (set !== undefined) [set.uid, set.ctime] = [b % 2 === 0 ? UID : APP, this.wallS()];
        return;
      }
      case 'reboot':
        this.reboot();
        return;
      case 'save':
        this.saved = JSON.stringify([...this.invisible()]);
        return;
      case 'restore':
        this.restore();
    }
  }

  // ---- servers

  private start(unit: Unit, b: number): void {
    const began = this.stamp();
    unit.run = {
      invocation: ++this.invocations,
      began,
      stamps: [],
      startPid: 0,
      mainPid: 0,
      mainBegan: began,
      exited: null,
    };
    // ExecStartPre=: the gate starts Node if there is a candidate, and Node may fail.
    if (this.sets.some(({ uid }) => uid === UID) && b % 9 !== 0) this.preStart();
    this.wait(b % 700);
    this.launch(unit, unit.forks, b);
    unit.run.stamps.push(this.stamp());
  }

  private launch(unit: Unit | null, forks: boolean, b: number): void {
    const launcher = this.spawn(null, unit, 0);
    if (unit?.run != null) unit.run.startPid = launcher.pid;
    if (b % 3 === 0) this.make(launcher, UID);
    let master = launcher;
    if (forks) {
      this.wait(b % 90);
      // A script starts the launcher.
      const inner = b % 2 === 0 ? launcher : this.fork(launcher, 0);
      if (b % 5 === 0) this.make(inner, UID);
      master = this.fork(inner, 0);
      [master.ppid, master.pgrp, master.session] = [1, master.pid, master.pid];
      this.end([launcher, inner]);
    }
    if (unit?.run != null) [unit.run.mainPid, unit.run.mainBegan] = [master.pid, this.stamp()];
    this.serve(master, b);
  }

  private serve(master: Process, b: number): void {
    for (let n = 0; n <= b % 3; n++) this.make(master, b % 7 === 0 && n === 0 ? APP : UID);
    this.wait(b % 60);
    for (let n = 0; n <= b % 4; n++) {
      const worker = this.fork(master, UID);
      if ((b + n) % 3 === 0) this.use(worker, n);
    }
  }

  private reload(master: Process | undefined, b: number): void {
    if (master === undefined) return;
    const before = [...master.knows];
    for (const set of before) this.remove(set);
    const old = this.processes.filter(({ ppid }) => ppid === master.pid);
    this.serve(master, b);
    // Some finish their requests first.
    this.end(old.filter((_, i) => (b + i) % 4 !== 0));
  }

  private stop(unit: Unit): void {
    const master = this.masterOf(unit);
    for (const set of [...(master?.knows ?? [])]) this.remove(set);
    this.end(this.of(unit));
    this.note(unit);
  }

  private postStop(unit: Unit): void {
    // systemd ends what is left of the run before ExecStopPost=, unless KillMode= forbids that.
    if (unit.run === null || this.masterOf(unit) !== undefined) return;
    if (unit.leavesNobody) this.end(this.of(unit));
    this.clean(unit);
  }

  private note(unit: Unit): void {
    if (unit.run === null || this.masterOf(unit) !== undefined) return;
    unit.run.exited ??= this.stamp();
    unit.run.stamps.push(this.stamp());
  }

  // ---- processes and sets

  private spawn(parent: Process | null, unit: Unit | null, uid: number): Process {
    do this.pid = this.pid + 1 >= PID_MAX ? 300 : this.pid + 1;
    while (this.processes.some(({ pid, pgrp, session }) => [pid, pgrp, session].includes(this.pid)));
    this.forks++;
    const process: Process = {
      pid: this.pid,
      ppid: parent?.pid ?? 1,
      pgrp: parent?.pgrp ?? this.pid,
      session: parent?.session ?? this.pid,
      startedMs: Math.floor(this.nowMs / 10) * 10,
      uids: [uid, uid, uid, uid],
      startedAs: parent?.startedAs ?? known([uid]),
      ipcNamespace: IPC,
      exe: known({ path: '/usr/sbin/apache2', deleted: false }),
      isHttpd: known(true),
      unit: parent?.unit ?? (unit === null ? unknown('started outside systemd') : known(unit.name)),
      knows: new Set(parent?.knows),
    };
    this.processes.push(process);
    return process;
  }

  private fork(parent: Process, uid: number): Process {
    return this.spawn(parent, null, uid);
  }

  private end(some: readonly Process[]): void {
    const ended = new Set(some);
    const pids = new Set(some.map(({ pid }) => pid));
    this.processes = this.processes.filter((process) => !ended.has(process));
    for (const process of this.processes) if (pids.has(process.ppid)) process.ppid = 1;
  }

  private make(maker: Process, uid: number): void {
    let id = this.nextId++;
    // An id comes again, with another ctime.
    for (const [old, atMs] of this.freed)
      if (this.nowMs - atMs > 10_000 && this.nextId % 3 === 0) {
        id = old;
        this.freed.delete(old);
        break;
      }
    const ctime = this.wallS();
    const set: ModelSet = {
      id,
      key: 0,
      mode: 0o600,
      nsems: 1,
      uid,
      gid: uid,
      cuid: 0,
      cgid: 0,
      otime: 0,
      ctime,
      lastPid: maker.pid,
    };
    this.sets.push(set);
    maker.knows.add(set);
  }

  private use(process: Process | undefined, b: number): void {
    const set = this.pick(
      [...(process?.knows ?? [])].filter((one) => this.sets.includes(one)),
      b,
    );
    if (process === undefined || set === undefined) return;
    [set.lastPid, set.otime] = [process.pid, this.wallS()];
  }

  private remove(set: ModelSet): void {
    this.sets = this.sets.filter((one) => one !== set);
    this.freed.set(set.id, this.nowMs);
    for (const { knows } of this.processes) knows.delete(set);
  }

  /** A script of the user uses a set that it has no part in. */
  private forgeUse(a: number, b: number): void {
    const set = this.pick(this.sets, a);
    if (set === undefined) return;
    const script = this.spawn(null, this.units[b % 5] ?? null, UID);
    script.isHttpd = known(false);
    [set.lastPid, set.otime] = [script.pid, this.wallS()];
    if (b % 2 === 0) this.end([script]);
  }

  /** A full cycle takes more than three seconds; afterwards numbers of the past are given again. */
  private cyclePids(a: number, b: number): void {
    this.wait(3_500 + b);
    this.forks += PID_MAX;
    const past = this.pick(this.sets, a)?.lastPid ?? this.pid;
    this.pid = Math.max(300, past - 1 - (b % 3));
  }

  // ---- the machine

  private reboot(): void {
    this.boot++;
    this.nowMs = 20_000;
    this.forks = this.pid = 500;
    this.hasStepped = false;
    this.processes = [];
    this.sets = [];
    this.nextId = 0;
    this.freed.clear();
    for (const unit of this.units) unit.run = null;
  }

  private *invisible(): Iterable<unknown> {
    yield [this.nowMs, this.boot, this.pid, this.nextId];
  }

  /** A snapshot of the machine is restored on which nothing ran yet; the disk with the register is not part of it. */
  private restore(): void {
    if (this.saved === null) return;
    const [[nowMs, boot]] = JSON.parse(this.saved) as [[number, number, number, number]];
    if (boot !== this.boot) return;
    const wallMs = this.nowMs + this.stepMs;
    this.reboot();
    this.boot = boot;
    this.nowMs = nowMs;
    // The wall clock goes on.
    this.stepMs = wallMs - nowMs;
  }

  private wait(ms: number): void {
    this.nowMs += ms;
  }

  private wallS(): number {
    return Math.floor(this.wallMs() / 1000);
  }

  private wallMs(): number {
    return BOOT_WALL_MS + this.nowMs + this.stepMs;
  }

  private stamp(): Stamp {
    return { realMs: this.wallMs(), monotonicMs: this.nowMs };
  }

  private of(unit: Unit): Process[] {
    return this.processes.filter(
      (one) => one.unit.known && one.unit.value === unit.name && one.isHttpd.known && one.isHttpd.value,
    );
  }

  private masters(): Process[] {
    return this.processes.filter(({ uids, pid, pgrp }) => uids.includes(0) && pid === pgrp);
  }

  private masterOf(unit: Unit): Process | undefined {
    return this.of(unit).find(({ pid }) => pid === unit.run?.mainPid);
  }

  private pick<T>(some: readonly T[], n: number): T | undefined {
    return some[n % Math.max(1, some.length)];
  }

  // ---- the guard

  private place() {
    return { bootId: String(this.boot), ipcNamespace: 'ipc:[4026531839]' };
  }

  private snapshot(ended: Unit | null): Snapshot {
    const named = this.units.filter(
      (unit) =>
        unit === ended || this.processes.some((one) => one.unit.known && one.unit.value === unit.name),
    );
    return {
      clock: { realMs: this.wallMs(), monotonicMs: this.nowMs, bootMs: this.nowMs },
      ipcNamespace: IPC,
      sets: known([...this.sets]),
      limits: known({ maxSets: 128, maxSemaphores: 32_000 }),
      visibility: known('machine'),
      owner: known({ uid: UID, starterUid: 0 }),
      processes: [...this.processes],
      alivePids: new Set([1, ...this.processes.map(({ pid }) => pid)]),
      inspections: new Map(this.sets.map(({ id, lastPid }) => [id, known({ lastPid, waiters: 0 })])),
      unitRuns: new Map(named.map((unit): [string, Fact<UnitRun>] => [unit.name, this.unitRun(unit)])),
      lookedMs: this.nowMs,
      forks: known({ before: this.forks, after: this.forks, pidMax: PID_MAX }),
      register: parseRegister(this.text, this.place(), this.nowMs) ?? NO_REGISTER,
    };
  }

  private unitRun({ run, leavesNobody }: Unit): Fact<UnitRun> {
    if (run === null) return unknown('never started');
    const main = run.mainPid === 0 ? null : { pid: run.mainPid, began: run.mainBegan, exited: run.exited };
    const invocationId = String(run.invocation).padStart(32, '0');
    return known({
      began: run.began,
      stamps: [...run.stamps],
      leavesNobody,
      isActive: true,
      invocationId,
      startPid: run.startPid,
      main,
    });
  }

  private look(ended: Unit | null): Snapshot {
    const before = this.snapshot(ended);
    const register = updateRegister(before, lineages(before));
    this.keep(register);
    return { ...before, register };
  }

  private keep(register: Register): void {
    this.older = this.text;
    this.text = registerText(register, this.place());
  }

  private preStart(): void {
    const before = this.snapshot(null);
    this.clean(null);
    const seen = [...updateRegister(before, lineages(before)).seen].filter(([id]) =>
      this.sets.some((set) => set.id === id),
    );
    this.keep({ ...updateRegister(before, lineages(before)), seen: new Map(seen) });
  }

  private clean(ended: Unit | null): void {
    const snapshot = ended === null ? this.snapshot(null) : this.look(ended);
    for (const { set, verdict, evidence } of judge(snapshot)) {
      if (verdict !== 'orphan') continue;
      const real = this.sets.find(({ id }) => id === set.id);
      if (real === undefined) continue;
      const users = this.processes.filter(({ knows }) => knows.has(real));
      if (users.length > 0)
        this.wrong.push(
          `set ${set.id} of ${users.map(({ pid }) => pid).join()}: ${JSON.stringify(evidence)}`,
        );
      if (evidence.some(({ rule }) => rule === 'run-is-over')) this.byRegister++;
      this.removed++;
      this.remove(real);
    }
  }
}
