import { availableParallelism, cpus, loadavg, release } from 'node:os';

export interface Target {
  what: string;
  saw: string;
  met: boolean;
}

/** A table for a terminal: the first row names the columns, all but the first are flush right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join('  ');
  return `${[head, ...rows].map(line).join('\n')}\n\n`;
}

export function verdicts(targets: readonly Target[]): string {
  const width = Math.max(...targets.map(({ saw }) => saw.length));
  return targets
    .map(({ what, saw, met }) => `${met ? 'PASS' : 'FAIL'}  ${saw.padStart(width)}  ${what}\n`)
    .join('');
}

/** What the figures are of. */
export function machine(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Linux ${release()}, node ${process.versions.node}`;
}

/** The last minute's: what else ran meanwhile makes every figure worse. */
export function load(): string {
  return `load ${(loadavg()[0] ?? 0).toFixed(1)}`;
}

export function ms(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}

export function mib(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} MiB`;
}

export function ratio(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0);
}
