import { type Fact, known } from '../../core/fact.ts';
import { leftMs } from '../exec/left-ms.ts';
import type { BusConnection } from './bus-connection.ts';
import { Systemd } from './systemd.ts';
import { steadyMs } from '../exec/steady-ms.ts';

/** The state that all sessions of one command share. */
interface Shared {
  opening?: Promise<Fact<BusConnection>>;
}

/** The most time for what a command that looks asks systemd and httpd, in milliseconds: it ends within 6 s even if D-Bus hangs. */
export const ASK_TIMEOUT_MS = 4_000;

/**
 * One connection to systemd for a whole command, with a deadline for its answers. It is opened by the first query, since most
 * starts of httpd need none, and again if the bus has closed it. It lasts until the process exits.
 */
export class SystemdSession {
  private constructor(
    private readonly shared: Shared,
    /** On steadyMs()'s clock. */
    readonly deadlineMs: number,
  ) {}

  static within(timeoutMs: number): SystemdSession {
    return new SystemdSession({}, steadyMs() + timeoutMs);
  }

  /** The same connection with a new time limit, starting now. */
  within(timeoutMs: number): SystemdSession {
    return new SystemdSession(this.shared, steadyMs() + timeoutMs);
  }

  /** The same, but not beyond the deadline of this session. */
  atMost(timeoutMs: number): SystemdSession {
    return this.within(this.leftMs(timeoutMs));
  }

  /** Milliseconds until the deadline, at most `mostMs` and at least 1. */
  leftMs(mostMs = Infinity): number {
    return leftMs(this.deadlineMs, mostMs);
  }

  async ask<T>(question: (systemd: Systemd) => Promise<Fact<T>>): Promise<Fact<T>> {
    const connection = await this.connect();
    return connection.known ? question(new Systemd(connection.value)) : connection;
  }

  /** The connection, for systemd-actions.ts. */
  async connect(): Promise<Fact<BusConnection>> {
    const opening = (this.shared.opening ??= open(this.leftMs()));
    const opened = await opening;
    if (opened.known && !opened.value.isClosed) return known(opened.value.limited(() => this.leftMs()));
    if (this.shared.opening === opening) delete this.shared.opening;
    return opened.known ? this.connect() : opened;
  }
}

async function open(timeoutMs: number): Promise<Fact<BusConnection>> {
  // dbus-next is loaded on demand: a start that finds no running httpd needs no query.
  const { BusConnection } = await import('./bus-connection.ts');
  const opened = await BusConnection.connect(timeoutMs);
  if (opened.known) opened.value.unref();
  return opened;
}
