import type { Fact } from '../../fact.ts';
import type { StartCommand } from '../../httpd/launch.ts';
import { baseName } from '../../text/base-name.ts';
import { shellWord } from '../../text/shell-word.ts';
import type { UnitFacts } from '../../units/unit-facts.ts';
import type { TableUse } from '../../verdict/table-use.ts';
import type { BlockingServer } from '../blocking-servers.ts';
import type { BrokenNeed, Outsider, PortOwner } from '../failure-facts.ts';

/** A fix: a sentence and commands to paste; no commands if only an admin can know them. The names are those of `diagnose --json`. */
export interface Cure {
  say: string;
  run: string[];
  /** Its side effects, one sentence each. */
  traps: string[];
}

/** The facts that decide which fixes apply. */
export interface AdviceInput {
  /** The unit's name. */
  unit: string;
  facts: Fact<UnitFacts>;
  /** Null if it is not known how httpd itself is started. */
  startCommand: StartCommand | null;
  /** How its last run ended, as $SERVICE_RESULT. */
  result: string;
  /** Whether systemd refused the last start, since there were too many. */
  isStartLimit: boolean;
  /** A unit that keeps it from starting, or made systemd stop it. */
  brokenNeed: BrokenNeed | null;
  /** Pids of orphaned workers that hold a port. */
  pids: readonly number[];
  use: Fact<TableUse>;
  /** How many sets may or may not be orphaned. */
  unsure: number;
  /** Why the owner of httpd's sets is unknown; null if it is known. */
  ownerUnknown: string | null;
  /** Servers of other units that keep sets from being proven orphaned. */
  blockingServers: readonly BlockingServer[];
  /** Orphaned workers of the unit that listen on no port. */
  silentOrphans: readonly number[];
  /** Whether the table was full and has enough free sets now. */
  hasFreeSetsAgain: boolean;
  /** A running httpd that was started outside the unit. */
  outsider: Outsider | null;
  portOwners: readonly PortOwner[];
  /** Whether httpd -t reports an error: then a start fails, whatever the cause was. */
  isConfigBroken: boolean;
  /** Whether systemd waits for another pid file than the one at `pidFile`, which httpd writes. */
  awaitsOtherPidFile: boolean;
  /** The path of the pid file; null where httpd does not say. */
  pidFile: string | null;
}

export function cure(say: string, ...run: string[]): Cure {
  return { say, run, traps: [] };
}

/** Commands that give a unit one more setting. The last file by name overrides the others (systemd.unit(5)). */
export function writeDropIn(
  { unit, facts }: Pick<AdviceInput, 'unit' | 'facts'>,
  file: string,
  setting: string,
): string[] {
  const names = facts.known ? facts.value.dropInPaths.map(baseName) : [];
  const last = names.toSorted().at(-1) ?? '';
  const name =
    last <= file ? file : last.endsWith(`_${file}`) ? last : `${last.replace(/\.conf$/, '')}_${file}`;
  const folder = shellWord(`/etc/systemd/system/${unit}.d`);
  const path = shellWord(`/etc/systemd/system/${unit}.d/${name}`);
  return [`mkdir -p ${folder}`, `printf '[Service]\\n${setting}\\n' >${path}`, 'systemctl daemon-reload'];
}

/**
 * Workers of a killed master. Those of the event and worker MPM ignore SIGTERM: they wait for their master's word, and each
 * keeps the pipe for it open to the others (httpd: server/mpm/event/event.c, child_main).
 */
export function killWorkers(pids: readonly number[]): string {
  return `kill -9 ${pids.join(' ')}`;
}
