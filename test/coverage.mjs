// Checks what the last run of all unit tests covered of src: every line of core, and of the rest at least the floor.
// A run of some of the tests is not judged.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Report } from 'c8';
import { transformSync } from 'esbuild';
import coverageMap from './coverage-map.mjs';

/** In percent of the lines outside src/core. The lab runs most of them as well, but in dist. */
const FLOOR = 55;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RAW = join(ROOT, '.tap/coverage');

/** A file of types alone is never loaded, and has nothing to run. */
function hasCode(path) {
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts', minifySyntax: true });
  return code.trim() !== '' && code.trim() !== 'export {};';
}

/** tsx hands Node source maps with an empty text of the source; without any, c8 reads the file. */
function dropEmptySources() {
  for (const name of readdirSync(RAW)) {
    const raw = JSON.parse(readFileSync(join(RAW, name), 'utf8'));
    for (const { data } of Object.values(raw['source-map-cache'] ?? {})) delete data?.sourcesContent;
    writeFileSync(join(RAW, name), JSON.stringify(raw));
  }
}

function testsThatRan() {
  const folder = join(ROOT, '.tap/processinfo');
  return new Set(
    readdirSync(folder)
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).externalID)
      .filter((id) => id !== undefined),
  );
}

const unitTests = readdirSync(join(ROOT, 'test'), { recursive: true })
  .filter((name) => name.endsWith('.test.ts') && !name.startsWith('lab/'))
  .map((name) => join('test', name));
const ran = testsThatRan();
const missing = unitTests.filter((name) => !ran.has(name));
if (missing.length > 0) {
  console.log(`coverage: not checked, ${missing.length} of ${unitTests.length} unit test files did not run`);
  process.exit();
}

dropEmptySources();
const report = new Report({ tempDirectory: RAW, reporter: [], all: true, src: [join(ROOT, 'src')] });
const covered = await report.getCoverageMapFromAllCoverageFiles();
const parts = { core: { lines: 0, missed: 0 }, rest: { lines: 0, missed: 0 } };
let isGood = true;
for (const path of coverageMap().filter(hasCode)) {
  const file = covered.fileCoverageFor(path);
  const name = relative(ROOT, path);
  const missed = file.getUncoveredLines();
  const isCore = name.startsWith('src/core/');
  const part = isCore ? parts.core : parts.rest;
  part.lines += file.toSummary().lines.total;
  part.missed += missed.length;
  if (isCore && missed.length > 0) {
    isGood = false;
    console.log(`coverage: ${name}: no test runs line ${missed.join(', ')}`);
  }
}
const percent = ({ lines, missed }) => Math.floor(((lines - missed) / lines) * 1000) / 10;
if (percent(parts.rest) < FLOOR) isGood = false;
console.log(
  `coverage: ${percent(parts.core)} % of the lines of src/core (100 needed), ${percent(parts.rest)} % of the rest of src (${FLOOR} needed)`,
);
if (!isGood) process.exitCode = 1;
