import { type Configured, SETTING_NAMES, readConfiguration } from '../host/config/configuration.ts';
import { SystemdSession } from '../host/systemd/systemd-session.ts';
import { configurationJson, configurationText, type EffectiveValue } from '../view/configuration.ts';
import { type CommonOptions, type CommandResult, wrongConfiguration } from './command-result.ts';
import { findServer, serverChoice } from '../workflows/find-server.ts';

export type ConfigOptions = Pick<CommonOptions, 'unit' | 'config' | 'json'>;

const ASK_TIMEOUT_MS = 5_000;

/** Says each value that counts, and who said it. Changes nothing. */
export async function config(options: ConfigOptions): Promise<CommandResult> {
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, 1);
  const values = await effectiveValues(options.unit, configuration.value);
  const stdout = options.json ? configurationJson(values) : configurationText(values);
  return { stdout, stderr: '', exitCode: 0 };
}

/** What nobody configured, systemd and httpd say. */
async function effectiveValues(flag: string | undefined, configured: Configured): Promise<EffectiveValue[]> {
  const wanted = serverChoice(flag, configured);
  const server = await findServer(wanted, 'read-only', SystemdSession.within(ASK_TIMEOUT_MS));
  return SETTING_NAMES.map((name): EffectiveValue => {
    const said = { name, value: configured.values[name], origin: configured.origins[name] ?? 'default' };
    if (name === 'unit') {
      if (flag !== undefined) return { name, value: flag, origin: 'command line' };
      if (wanted.unit !== null) return said;
      return server.unit.known
        ? { name, value: server.unit.value.name, origin: 'found here' }
        : { name, value: null, origin: server.unit.why };
    }
    if (name !== 'user' || wanted.user !== null) return said;
    return server.settings.known
      ? { name, value: server.settings.value.user, origin: 'httpd says so' }
      : { name, value: null, origin: server.settings.why };
  });
}
