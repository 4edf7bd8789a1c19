import type { Done } from '../../core/done.ts';
import { type Fact, known } from '../../core/fact.ts';
import { type Attempts, NO_ATTEMPTS, laterOf, recent } from '../../core/recovery/attempts.ts';
import { keepAttempts, readAttempts } from '../../host/state/attempts.ts';

/** Attempts that no file takes, as while /var and /run are full or read-only. They last as long as this process. */
export class AttemptsInMemory {
  private readonly byUnit = new Map<string, Attempts>();

  constructor(private readonly directories?: readonly string[]) {}

  /** With those in the files. */
  read(unit: string): Fact<Attempts> {
    const written = readAttempts(unit, this.directories);
    return written.known ? known(laterOf(written.value, this.byUnit.get(unit) ?? NO_ATTEMPTS)) : written;
  }

  /** Not done if they are in memory only. */
  keep(unit: string, attempts: Attempts): Done<'not-written'> {
    const kept = keepAttempts(unit, attempts, this.directories);
    if (kept.ok) this.byUnit.delete(unit);
    else this.byUnit.set(unit, attempts);
    return kept;
  }

  /** Whether attempts within the rate limit's window would be lost if this process ended. */
  areNeeded(nowMs: number): boolean {
    return [...this.byUnit.values()].some((attempts) => recent(attempts, nowMs).triesMs.length > 0);
  }
}
