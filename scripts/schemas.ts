// Writes scripts/schema/*.json, the JSON Schemas of the package, from src/view/schemas: npm run schemas
import { mkdirSync, writeFileSync } from 'node:fs';
import { jsonSchemas } from './json-schemas.ts';

const FOLDER = 'scripts/schema';
mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of jsonSchemas()) writeFileSync(`${FOLDER}/${name}`, text);
