import { toJsonSchema } from '@valibot/to-json-schema';
import { SCHEMAS } from '../src/view/schemas/schemas.ts';

/** JSON Schema (draft 2020-12) of each command's object: name of the file, and its text. */
export function jsonSchemas(): Map<string, string> {
  return new Map(
    Object.entries(SCHEMAS).map(([name, schema]) => {
      const { $schema, ...rest } = toJsonSchema(schema, { target: 'draft-2020-12' });
      const $id = `urn:httpd-guard:schema:1:${name}`;
      const title = `httpd-guard ${name.replace('-', ' --')} --json`;
      return [`${name}.json`, `${JSON.stringify({ $schema, $id, title, ...rest }, null, 2)}\n`];
    }),
  );
}
