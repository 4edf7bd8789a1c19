import type { Fact } from '../fact.ts';
import type { ActiveState } from '../units/active-state.ts';
import type { LoadedService } from './loaded-service.ts';

/**
 * How a file that `install` writes compares with what this copy of httpd-guard would write. other-copy: it runs another copy.
 * masked: a link to /dev/null. foreign: httpd-guard did not write it.
 */
export type InstalledFile = 'current' | 'outdated' | 'other-copy' | 'missing' | 'masked' | 'foreign';

/** A file that starts httpd-guard, and the programs that it names; null where it names none. */
export interface InstalledProgram {
  file: InstalledFile;
  /** The folder of the copy that it runs. */
  lib: string | null;
  /** A file that this copy needs and does not have; null if it is complete. */
  lacks: string | null;
  node: string | null;
  /** The version of that Node, as "24.22.3", or why it does not run. */
  nodeVersion: Fact<string>;
}

/** The hooks of a unit: its drop-in, and whether systemd runs it. */
export interface GuardedUnit extends InstalledProgram {
  unit: string;
  unitFile: Fact<UnitFileState>;
  hooks: Fact<LoadedHooks>;
}

/**
 * Of the unit of httpd itself. missing: it was uninstalled, and only drop-ins are left. invalid: systemd cannot load it. systemd
 * loads no hooks of a unit that is not loaded.
 */
export type UnitFileState = 'loaded' | 'invalid' | 'masked' | 'missing';

/** What systemd has loaded for a unit: a drop-in written later may reset the hooks. */
export interface LoadedHooks {
  startPre: boolean;
  stopPost: boolean;
  /** Whether a file of the unit was changed since systemd read it. */
  needsReload: boolean;
}

/** One of httpd-guard's own units. */
export interface GuardService extends InstalledProgram {
  name: string;
  active: Fact<ActiveState>;
  /** UnitFileState: enabled, disabled, masked ...; "" if systemd does not know. */
  enabled: string;
  loaded: Fact<LoadedService>;
}

/** What of httpd-guard is installed here, and what of it runs. */
export interface GuardFacts {
  /** The folder of the copy that looks. */
  lib: string;
  units: readonly GuardedUnit[];
  /** Those for metrics only if they are installed. */
  services: readonly GuardService[];
}
