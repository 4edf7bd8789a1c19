import { type Fact, known, unknown } from '../../core/fact.ts';
import type { UnitListing } from '../../core/httpd/choose-unit.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { UnitState } from '../../core/recovery/reason-to-look.ts';
import { errorReason } from '../files/error-reason.ts';
import { BusConnection } from './bus-connection.ts';
import { type Properties, hex, unitFacts } from './unit-properties.ts';

const UNIT = 'org.freedesktop.systemd1.Unit';
const SERVICE = 'org.freedesktop.systemd1.Service';
const JOB = 'org.freedesktop.systemd1.Job';
const SCOPE = 'org.freedesktop.systemd1.Scope';

export interface ServiceListing extends UnitListing {
  /** Of its unit file; null for an instance of a template, and for one that was made at run time. */
  path: string | null;
}

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

  /** Connects to the system bus. Unknown, and why, when there is none or it does not answer in time. */
  static async connect(timeoutMs: number): Promise<Fact<Systemd>> {
    const connection = await BusConnection.connect(timeoutMs);
    return connection.known ? known(new Systemd(connection.value)) : connection;
  }

  disconnect(): void {
    this.connection.disconnect();
  }

  /** All services: loaded ones, and files that could be, with the file of each where it is known. Templates are left out. */
  async listServices(): Promise<Fact<ServiceListing[]>> {
    try {
      const all = [[], ['*.service']];
      const [loaded, files] = await Promise.all([
        this.connection.call<[string, string, string, string][]>('ListUnitsByPatterns', 'asas', all),
        this.connection.call<[string, string][]>('ListUnitFilesByPatterns', 'asas', all),
      ]);
      const services = new Map<string, ServiceListing>();
      for (const [path] of files) {
        const name = path.slice(path.lastIndexOf('/') + 1);
        services.set(name, { name, active: '', path });
      }
      for (const [name, , load, active] of loaded)
        if (load === 'loaded') services.set(name, { name, active, path: services.get(name)?.path ?? null });
      return known([...services.values()].filter(({ name }) => !name.includes('@.')));
    } catch (error) {
      return unknown(`systemd does not list its units: ${errorReason(error)}`);
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
        active: (active?.value as string | undefined) ?? unit.state.active,
        invocationId: invocation === undefined ? unit.state.invocationId : hex(invocation),
      };
      onState(unit.name, unit.state);
    });
    try {
      await this.connection.call('Subscribe', '', []);
      for (const name of names) {
        const path = await this.connection.call<string>('LoadUnit', 's', [name]);
        const unit: Followed = { name, state: null, changes: 0 };
        units.set(path, unit);
        await this.connection.matchPropertiesChanged(path);
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
