import { accessSync, constants } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import { tryRun } from '../exec/run.ts';

/** The version of a Node, as "24.22.3". Unknown if it does not run here. */
export async function readNodeVersion(node: string, timeoutMs: number): Promise<Fact<string>> {
  if (node === process.execPath) return known(process.versions.node);
  try {
    accessSync(node, constants.X_OK);
  } catch (error) {
    return unknown(`${node} cannot be executed: ${errorReason(error)}`);
  }
  const ran = await tryRun({ file: node, args: ['--version'], timeoutMs });
  if (!ran.known) return unknown(`${node} does not run: ${ran.why}`);
  const version = /^v(\d[\w.-]*)$/.exec(ran.value.stdout)?.[1];
  return version === undefined ? unknown(`${node} is not Node`) : known(version);
}
