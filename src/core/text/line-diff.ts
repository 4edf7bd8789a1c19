/**
 * What changes from one text to another, as a unified diff of one hunk: the lines that both begin and both end with stand
 * around it, three at the most. `before` is null for a file that is not there yet. Empty where nothing changes.
 */
export function lineDiff(path: string, before: string | null, after: string): string[] {
  const [old, fresh] = [lines(before ?? ''), lines(after)];
  const head = commonLength(old, fresh);
  const tail = commonLength(old.slice(head).reverse(), fresh.slice(head).reverse());
  if (head === old.length && head === fresh.length) return [];
  const first = Math.max(0, head - CONTEXT);
  const above = old.slice(first, head);
  const below = old.slice(old.length - tail, old.length - tail + CONTEXT);
  const gone = old.slice(head, old.length - tail);
  const come = fresh.slice(head, fresh.length - tail);
  const range = (count: number): string => `${count === 0 ? first : first + 1},${count}`;
  const around = above.length + below.length;
  return [
    `--- ${before === null ? '/dev/null' : path}`,
    `+++ ${path}`,
    `@@ -${range(gone.length + around)} +${range(come.length + around)} @@`,
    ...above.map((line) => ` ${line}`),
    ...gone.map((line) => `-${line}`),
    ...come.map((line) => `+${line}`),
    ...below.map((line) => ` ${line}`),
  ];
}

const CONTEXT = 3;

function lines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length++;
  return length;
}
