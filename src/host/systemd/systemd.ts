import { type Fact, known, unknown } from '../../core/fact.ts';
import type { LoadedHooks } from '../../core/guard/guard-facts.ts';
import type { LoadedSettings } from '../../core/guard/loaded-service.ts';
import type { UnitListing } from '../../core/httpd/choose-unit.ts';
import { parseActiveState } from '../../core/units/active-state.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { UnitState } from '../../core/recovery/reason-to-look.ts';
import { errorReason } from '../files/error-reason.ts';
import type { BusConnection } from './bus-connection.ts';
import { type Properties, hex, loadedHooks, loadedSettings, unitFacts } from './unit-properties.ts';

const MANAGER_PATH = '/org/freedesktop/systemd1';
const MANAGER = 'org.freedesktop.systemd1.Manager';
const UNIT = 'org.freedesktop.systemd1.Unit';
const SERVICE = 'org.freedesktop.systemd1.Service';
const PATH = 'org.freedesktop.systemd1.Path';
const TIMER = 'org.freedesktop.systemd1.Timer';
const JOB = 'org.freedesktop.systemd1.Job';
const SCOPE = 'org.freedesktop.systemd1.Scope';

/** A followed unit. */
interface Followed {
  name: string;
  /** Null until the first read. */
  state: UnitState | null;
  /** The number of signals until then. */
  changes: number;
}

/** Queries systemd and follows its units, but cannot change anything: that is in systemd-actions.ts. */
export class Systemd {
  constructor(private readonly connection: BusConnection) {}

  disconnect(): void {
    this.connection.disconnect();
  }

  /** The loaded services. */
  async listServices(): Promise<Fact<UnitListing[]>> {
    try {
      const units = await this.connection.call<[string, string, string, string][]>(
        'ListUnitsByPatterns',
        'asas',
        [[], ['*.service']],
      );
      return known(
        units
          .filter(([, , load]) => load === 'loaded')
          .map(([name, , , active]) => ({ name, active: parseActiveState(active) })),
      );
    } catch (error) {
      return unknown(`systemd failed to list its units: ${errorReason(error)}`);
    }
  }

  /** The load and active state of units, in one call. */
  async readStates(
    names: readonly string[],
  ): Promise<Fact<{ name: string; load: string; active: string }[]>> {
    try {
      const units = await this.connection.call<[string, string, string, string][]>('ListUnitsByNames', 'as', [
        names,
      ]);
      return known(units.map(([name, , load, active]) => ({ name, load, active })));
    } catch (error) {
      return unknown(`systemd failed to list units: ${errorReason(error)}`);
    }
  }

  /** The folders of unit files in order of precedence (systemd.unit(5), UNIT FILE LOAD PATH). */
  async unitPath(): Promise<Fact<string[]>> {
    try {
      return known(await this.connection.property<string[]>(MANAGER_PATH, MANAGER, 'UnitPath'));
    } catch (error) {
      return unknown(`systemd failed to report its unit path: ${errorReason(error)}`);
    }
  }

  /** The main pid of a service; 0 if it has none or is not a service. */
  async mainPid(name: string): Promise<number> {
    try {
      const path = await this.connection.call<string>('LoadUnit', 's', [name]);
      return await this.connection.property<number>(path, SERVICE, 'MainPID');
    } catch {
      return 0;
    }
  }

  /** The properties of a unit; load is "not-found" for an unknown one. */
  async readUnit(name: string): Promise<Fact<UnitFacts>> {
    try {
      const path = await this.connection.call<string>('LoadUnit', 's', [name]);
      const [unit, service] = await Promise.all([
        this.connection.properties(path, UNIT),
        this.connection.properties(path, name.endsWith('.scope') ? SCOPE : SERVICE).catch(() => ({})),
      ]);
      return known({ ...unitFacts(unit, service), job: await this.jobType(unit) });
    } catch (error) {
      return unknown(`systemd failed to report ${name}: ${errorReason(error)}`);
    }
  }

  /** Whether systemd runs the hooks of a unit: scripts named `startPre` and `stopPost`, started by sh. */
  async readHooks(name: string, startPre: string, stopPost: string): Promise<Fact<LoadedHooks>> {
    try {
      const path = await this.connection.call<string>('LoadUnit', 's', [name]);
      const [unit, service] = await Promise.all([
        this.connection.properties(path, UNIT),
        this.connection.properties(path, SERVICE),
      ]);
      return known(loadedHooks(unit, service, { startPre, stopPost }));
    } catch (error) {
      return unknown(`systemd failed to report ${name}: ${errorReason(error)}`);
    }
  }

  /** What systemd has loaded for one of httpd-guard's own units, which is a service, path or timer. */
  async readLoaded(name: string): Promise<Fact<LoadedSettings & { needsReload: boolean }>> {
    const type = name.endsWith('.path') ? PATH : name.endsWith('.timer') ? TIMER : SERVICE;
    try {
      const path = await this.connection.call<string>('LoadUnit', 's', [name]);
      const [unit, own] = await Promise.all([
        this.connection.properties(path, UNIT),
        this.connection.properties(path, type),
      ]);
      return known(loadedSettings(unit, own));
    } catch (error) {
      return unknown(`systemd failed to report ${name}: ${errorReason(error)}`);
    }
  }

  /** Calls the listener at each change of a unit or its jobs, until the returned function is called. */
  async onChange(name: string, listener: () => void): Promise<Fact<() => void>> {
    try {
      const unit = await this.connection.call<string>('LoadUnit', 's', [name]);
      const end = this.connection.onPropertiesChanged(({ path }) => {
        if (path === unit) listener();
      });
      await this.connection.followProperties(unit);
      return known(end);
    } catch (error) {
      return unknown(`systemd failed to report ${name}: ${errorReason(error)}`);
    }
  }

  /**
   * Calls `onState` with the state of each unit now and at each change that systemd signals. Resolves with the reason when the bus
   * is lost, systemd leaves it, or `signal` aborts.
   */
  async follow(
    names: readonly string[],
    onState: (name: string, state: UnitState) => void,
    signal: AbortSignal,
  ): Promise<string> {
    // An event that is over is not signalled again.
    if (signal.aborted) return 'aborted';
    let onSystemdGone = (): void => undefined;
    const ended = new Promise<string>((resolve) => {
      onSystemdGone = () => {
        resolve('systemd has left the system bus');
      };
      this.connection.onClose(() => {
        resolve('the connection to the system bus was lost');
      });
      signal.addEventListener('abort', () => {
        resolve('aborted');
      });
    });
    const units = new Map<string, Followed>();
    this.connection.onPropertiesChanged(({ path, interface: of, changed }) => {
      const unit = units.get(path);
      if (unit === undefined) return;
      if (unit.state === null) {
        unit.changes++;
        return;
      }
      const { ActiveState, InvocationID, Result } = changed;
      unit.state = {
        ...unit.state,
        ...(ActiveState === undefined ? {} : { active: parseActiveState(String(ActiveState.value)) }),
        ...(InvocationID === undefined ? {} : { invocationId: hex(InvocationID) }),
        ...(Result === undefined ? {} : { result: String(Result.value) }),
      };
      // The changes of a service are signalled before those of its unit (systemd: dbus-unit.c, send_changed_signal).
      if (of === UNIT) onState(unit.name, unit.state);
    });
    try {
      await this.connection.onSystemdGone(onSystemdGone);
      for (const name of names) {
        const path = await this.connection.call<string>('LoadUnit', 's', [name]);
        const unit: Followed = { name, state: null, changes: 0 };
        units.set(path, unit);
        await this.connection.followProperties(path);
        unit.state = await this.readState(path, unit);
        onState(name, unit.state);
      }
    } catch (error) {
      return `systemd failed to report its units: ${errorReason(error)}`;
    }
    return ended;
  }

  /** Reads until no change was signalled meanwhile, since an answer may or may not include that. */
  private async readState(path: string, unit: Followed): Promise<UnitState> {
    for (;;) {
      const { changes } = unit;
      const { active, invocationId } = unitFacts(await this.connection.properties(path, UNIT), {});
      const result = await this.connection.property<string>(path, SERVICE, 'Result');
      const restart = await this.connection.property<string>(path, SERVICE, 'Restart');
      if (unit.changes === changes) return { active, invocationId, result, restart };
    }
  }

  /** The type of the unit's job; null if there is none, or if it finished between the two queries. */
  private async jobType(unit: Properties): Promise<string | null> {
    const [id, path] = (unit['Job']?.value as [number, string] | undefined) ?? [0, ''];
    if (id === 0) return null;
    const job = await this.connection.properties(path, JOB).catch((): Properties => ({}));
    return (job['JobType']?.value as string | undefined) ?? null;
  }
}
