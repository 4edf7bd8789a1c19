import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { SCHEMAS } from '../../../src/view/schemas/schemas.ts';

const FOLDER = fileURLToPath(new URL('../../../scripts/schema/', import.meta.url));
const ajv = new Ajv2020({ allErrors: true });

/** What is wrong with an object that a command printed, by the JSON Schema of the package; empty when it is valid. */
export function complaints(command: keyof typeof SCHEMAS, object: unknown): string[] {
  const schema = JSON.parse(readFileSync(`${FOLDER}${command}.json`, 'utf8')) as { $id: string };
  const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  // As another program gets it.
  void validate(JSON.parse(JSON.stringify(object)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}
