import { type Fact, known, unknown } from '../../core/fact.ts';
import type { UnitListing } from '../../core/httpd/choose-unit.ts';
import { parseActiveState } from '../../core/units/active-state.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { UnitState } from '../../core/recovery/reason-to-look.ts';
import { errorReason } from '../files/error-reason.ts';
import type { BusConnection } from './bus-connection.ts';
import { type Properties, hex, unitFacts } from './unit-properties.ts';

const MANAGER_PATH = '/org/freedesktop/systemd1';
const MANAGER = 'org.freedesktop.systemd1.Manager';
const UNIT = 'org.freedesktop.systemd1.Unit';
const SERVICE = 'org.freedesktop.systemd1.Service';
const JOB = 'org.freedesktop.systemd1.Job';
const SCOPE = 'org.freedesktop.systemd1.Scope';

/** A unit that is followed. */
interface Followed {
  name: string;
  /** Null until it was read. */
  state: UnitState | null;
  /** How many were signalled until then. */
  changes: number;
}

/** Asks systemd and follows its units. It cannot change anything: what acts is in systemd-actions.ts. */
export class Systemd {
  constructor(private readonly connection: BusConnection) {}

  disconnect(): void {
    this.connection.disconnect();
  }

  /** The services that are loaded. */
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
      return unknown(`systemd does not list its units: ${errorReason(error)}`);
    }
  }

  /** The folders of its unit files; a file in an earlier one counts more (systemd.unit(5), UNIT FILE LOAD PATH). */
  async unitPath(): Promise<Fact<string[]>> {
    try {
      return known(await this.connection.property<string[]>(MANAGER_PATH, MANAGER, 'UnitPath'));
    } catch (error) {
      return unknown(`systemd does not say where its unit files are: ${errorReason(error)}`);
    }
  }

  /** The main process of a service; 0 for none, and for what is no service. */
  async mainPid(name: string): Promise<number> {
    try {
      const path = await this.connection.call<string>('LoadUnit', 's', [name]);
      return await this.connection.property<number>(path, SERVICE, 'MainPID');
    } catch {
      return 0;
    }
  }

  /** What systemd says of a unit; load is "not-found" for one it does not know. */
  async readUnit(name: string): Promise<Fact<UnitFacts>> {
    try {
      const path = await this.connection.call<string>('LoadUnit', 's', [name]);
      const [unit, service] = await Promise.all([
        this.connection.properties(path, UNIT),
        this.connection.properties(path, name.endsWith('.scope') ? SCOPE : SERVICE).catch(() => ({})),
      ]);
      return known({ ...unitFacts(unit, service), job: await this.jobType(unit) });
    } catch (error) {
      return unknown(`systemd does not tell of ${name}: ${errorReason(error)}`);
    }
  }

  /** Tells of each change of a unit, of its jobs too, until the function that is returned is called. */
  async onChange(name: string, listener: () => void): Promise<Fact<() => void>> {
    try {
      const unit = await this.connection.call<string>('LoadUnit', 's', [name]);
      const end = this.connection.onPropertiesChanged(({ path }) => {
        if (path === unit) listener();
      });
      await this.connection.followProperties(unit);
      return known(end);
    } catch (error) {
      return unknown(`systemd does not tell of ${name}: ${errorReason(error)}`);
    }
  }

  /**
   * Tells the state of units: at once, and at each change, as systemd signals it. Ends when the bus goes away or `signal`
   * says so, with why.
   */
  async follow(
    names: readonly string[],
    onState: (name: string, state: UnitState) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const ended = new Promise<string>((resolve) => {
      this.connection.onClose(() => {
        resolve('the system bus has gone');
      });
      signal.addEventListener('abort', () => {
        resolve('told to end');
      });
    });
    const units = new Map<string, Followed>();
    this.connection.onPropertiesChanged(({ path, interface: of, changed }) => {
      const unit = units.get(path);
      if (unit === undefined || of !== UNIT) return;
      if (unit.state === null) {
        unit.changes++;
        return;
      }
      const { ActiveState: active, InvocationID: invocation } = changed;
      unit.state = {
        active: active === undefined ? unit.state.active : parseActiveState(String(active.value)),
        invocationId: invocation === undefined ? unit.state.invocationId : hex(invocation),
      };
      onState(unit.name, unit.state);
    });
    try {
      for (const name of names) {
        const path = await this.connection.call<string>('LoadUnit', 's', [name]);
        const unit: Followed = { name, state: null, changes: 0 };
        units.set(path, unit);
        await this.connection.followProperties(path);
        unit.state = await this.readState(path, unit);
        onState(name, unit.state);
      }
    } catch (error) {
      return `systemd does not tell of its units: ${errorReason(error)}`;
    }
    return ended;
  }

  /** A change that was signalled while the answer was on its way may be in it, or not. */
  private async readState(path: string, unit: Followed): Promise<UnitState> {
    for (;;) {
      const { changes } = unit;
      const { active, invocationId } = unitFacts(await this.connection.properties(path, UNIT), {});
      if (unit.changes === changes) return { active, invocationId };
    }
  }

  /** A job that is done in the moment between the two questions is none. */
  private async jobType(unit: Properties): Promise<string | null> {
    const [id, path] = (unit['Job']?.value as [number, string] | undefined) ?? [0, ''];
    if (id === 0) return null;
    const job = await this.connection.properties(path, JOB).catch((): Properties => ({}));
    return (job['JobType']?.value as string | undefined) ?? null;
  }
}
