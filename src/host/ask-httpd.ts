import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Fact, unknown } from '../core/fact.ts';
import { parseEnvironment, questionLaunch } from '../core/httpd-launch.ts';
import { type HttpdSettings, parseSettings } from '../core/httpd-settings.ts';
import type { UnitFacts } from '../core/unit-facts.ts';
import { run } from './run.ts';

/**
 * Asks the httpd of a unit how it is configured, with the unit's own command and environment. Runs what the unit would
 * run as root anyway; makes no mutex (httpd: server/main.c returns after the test_config hook).
 */
export async function askHttpd(unit: UnitFacts, timeoutMs: number): Promise<Fact<HttpdSettings>> {
  const exec = unit.execStart;
  if (exec === null) return unknown(`${unit.name} has no ExecStart to ask`);
  const environment = readEnvironment(unit);
  const ask = (question: string[]): Promise<Fact<string>> =>
    run({ ...questionLaunch(exec, environment, question), env: Object.fromEntries(environment), timeoutMs });

  const [runConfig, version] = await Promise.all([ask(['-t', '-D', 'DUMP_RUN_CFG']), ask(['-V'])]);
  if (!runConfig.known) return runConfig;
  const settings = parseSettings(runConfig.value, version.known ? version.value : '');
  if (!settings.known) return settings;
  return {
    known: true,
    value: { ...settings.value, configFiles: withNeighbours(settings.value.configFiles, unit) },
  };
}

/** The files in which the user httpd runs as may be named, next to the main one. */
function withNeighbours(configFiles: string[], unit: UnitFacts): string[] {
  const envvars = configFiles.map((file) => `${dirname(file)}/envvars`);
  return [...new Set([...configFiles, ...envvars, unit.fragmentPath, ...unit.environmentFiles])].filter(
    exists,
  );
}

function exists(path: string): boolean {
  return path !== '' && readOrNull(path) !== null;
}

/** A unit's environment; files that are missing are left out, as by systemd with a "-" before the path. */
function readEnvironment(unit: UnitFacts): Map<string, string> {
  const fromFiles = unit.environmentFiles.flatMap((path) => readOrNull(path)?.split('\n') ?? []);
  return parseEnvironment([...unit.environment, ...fromFiles]);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
