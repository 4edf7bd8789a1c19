import { type Fact, known } from '../../core/fact.ts';
import { leftMs } from '../exec/left-ms.ts';
import type { BusConnection } from './bus-connection.ts';
import { Systemd } from './systemd.ts';

/** What all sessions of one command share. */
interface Shared {
  opening?: Promise<Fact<BusConnection>>;
}

/**
 * One connection to systemd for a whole command, with the moment when its answers must be there. It is opened at the first
 * question, since most starts of httpd ask nothing, and again when the bus has closed it. It ends with the process.
 */
export class SystemdSession {
  private constructor(
    private readonly shared: Shared,
    /** On performance.now()'s clock. */
    readonly deadlineMs: number,
  ) {}

  static within(timeoutMs: number): SystemdSession {
    return new SystemdSession({}, performance.now() + timeoutMs);
  }

  /** The same connection, for questions that may take so long from now on. */
  within(timeoutMs: number): SystemdSession {
    return new SystemdSession(this.shared, performance.now() + timeoutMs);
  }

  /** The same, but never beyond the deadline of this one. */
  atMost(timeoutMs: number): SystemdSession {
    return this.within(this.leftMs(timeoutMs));
  }

  /** How long there is until the deadline, but at most `mostMs`; never less than a millisecond. */
  leftMs(mostMs = Infinity): number {
    return leftMs(this.deadlineMs, mostMs);
  }

  async ask<T>(question: (systemd: Systemd) => Promise<Fact<T>>): Promise<Fact<T>> {
    const connection = await this.connect();
    return connection.known ? question(new Systemd(connection.value)) : connection;
  }

  /** For what acts: that is in systemd-actions.ts. */
  async connect(): Promise<Fact<BusConnection>> {
    const opening = (this.shared.opening ??= open(this.leftMs()));
    const opened = await opening;
    if (opened.known && !opened.value.isClosed) return known(opened.value.limited(() => this.leftMs()));
    if (this.shared.opening === opening) delete this.shared.opening;
    return opened.known ? this.connect() : opened;
  }
}

async function open(timeoutMs: number): Promise<Fact<BusConnection>> {
  // dbus-next is loaded only when it is needed: a start of httpd that finds none alive asks nothing.
  const { BusConnection } = await import('./bus-connection.ts');
  const opened = await BusConnection.connect(timeoutMs);
  if (opened.known) opened.value.unref();
  return opened;
}
