import { known } from '../../../src/core/fact.ts';
import type {
  GuardFacts,
  GuardService,
  GuardedUnit,
  InstalledProgram,
} from '../../../src/core/guard/guard-facts.ts';

export const LIB = '/usr/lib/httpd-guard';

const program: InstalledProgram = {
  file: 'current',
  lib: LIB,
  lacks: null,
  node: '/usr/bin/node',
  nodeVersion: known('24.22.3'),
};

export const guardedUnit = (over: Partial<GuardedUnit> = {}): GuardedUnit => ({
  unit: 'apache2.service',
  ...program,
  unitFile: known('loaded'),
  hooks: known({ startPre: true, stopPost: true, needsReload: false }),
  ...over,
});

export const service = (name: string, over: Partial<GuardService> = {}): GuardService => ({
  name: `httpd-guard-${name}`,
  ...program,
  active: known('active'),
  enabled: 'enabled',
  loaded: known({ overridden: [], needsReload: false, conditionMet: true, dropIns: [] }),
  ...over,
});

export const guard = (over: Partial<GuardFacts> = {}): GuardFacts => ({
  lib: LIB,
  units: [guardedUnit()],
  services: [
    service('watch.service'),
    service('recover.path', { lib: null, node: null }),
    service('recover.service', { active: known('inactive'), enabled: 'static' }),
  ],
  ...over,
});
