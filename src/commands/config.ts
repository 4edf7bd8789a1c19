import {
  type Configured,
  forUnit,
  isFromEnvironment,
  readConfiguration,
} from '../host/config/configuration.ts';
import { SETTING_NAMES, type SettingName } from '../host/config/settings.ts';
import { ASK_TIMEOUT_MS, SystemdSession } from '../host/systemd/systemd-session.ts';
import { jsonText } from '../view/json-text.ts';
import { configurationJson, configurationText, type EffectiveValue } from '../view/configuration.ts';
import { type CommonOptions, type CommandResult, wrongConfiguration } from './command-result.ts';
import { findServer, serverChoice } from '../workflows/servers/find-server.ts';

export type ConfigOptions = Pick<CommonOptions, 'unit' | 'config' | 'json'>;

/** Prints the effective configuration and where each value comes from. Read-only. */
export async function config(options: ConfigOptions): Promise<CommandResult> {
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, 1);
  const values = await effectiveValues(options.unit, configuration.value);
  const stdout = options.json ? jsonText(configurationJson(values)) : configurationText(values);
  return { stdout, stderr: '', exitCode: 0 };
}

/** Settings that are not configured come from systemd and httpd. */
async function effectiveValues(flag: string | undefined, configured: Configured): Promise<EffectiveValue[]> {
  const choice = serverChoice(flag, configured);
  const server = await findServer(choice, 'read-only', SystemdSession.within(ASK_TIMEOUT_MS));
  const effective = forUnit(configured, server.unit.known ? server.unit.value.name : choice.unit);
  return SETTING_NAMES.map((name): EffectiveValue => {
    const configuredValue = valueOf(name, effective);
    if (name === 'unit') {
      if (flag !== undefined) return { name, value: flag, source: 'command-line', origin: 'command line' };
      if (choice.unit !== null) return configuredValue;
      return server.unit.known
        ? { name, value: server.unit.value.name, source: 'systemd', origin: 'auto-detected' }
        : { name, value: null, source: 'unknown', origin: server.unit.why };
    }
    if ((name !== 'user' && name !== 'error-log') || effective.origins[name] !== null) return configuredValue;
    if (!server.settings.known) return { name, value: null, source: 'unknown', origin: server.settings.why };
    const value = name === 'user' ? server.settings.value.user : server.errorLog;
    return value === null
      ? { name, value, source: 'unknown', origin: 'httpd does not report it' }
      : { name, value, source: 'httpd', origin: "httpd's configuration" };
  });
}

function valueOf(name: SettingName, { values, origins }: Configured): EffectiveValue {
  const value = values[name];
  const origin = origins[name];
  if (origin === null) return { name, value, source: 'default', origin: 'default' };
  return { name, value, source: isFromEnvironment(name, origin) ? 'environment' : 'file', origin };
}
