// The files whose coverage tap measures, whichever test runs them: src. The bundles in dist would be counted as well otherwise.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

const files = readdirSync(SRC, { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(SRC, name));

export default () => files;
