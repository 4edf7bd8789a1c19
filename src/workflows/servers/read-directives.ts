import { type Directive, activeDirectives } from '../../core/httpd/directives.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { readConfigFiles } from '../../host/httpd/config-files.ts';
import { unitEnvironment } from '../../host/httpd/unit-environment.ts';

/** The effective directives of a unit's configuration, by the files that httpd lists. */
export function readDirectives(unit: UnitFacts, { includedFiles }: HttpdSettings): Directive[] {
  return activeDirectives(readConfigFiles(includedFiles), unitEnvironment(unit));
}
