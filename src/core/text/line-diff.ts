/**
 * The difference of two texts as a unified diff of one hunk with up to three lines of context. `before` is null for a new
 * file. Empty if nothing changes.
 */
export function lineDiff(path: string, before: string | null, after: string): string[] {
  const [old, fresh] = [lines(before ?? ''), lines(after)];
  const head = commonLength(old, fresh);
  const tail = commonLength(old.slice(head).reverse(), fresh.slice(head).reverse());
  if (head === old.length && head === fresh.length) return [];
  const first = Math.max(0, head - CONTEXT);
  const above = old.slice(first, head);
  const below = old.slice(old.length - tail, old.length - tail + CONTEXT);
  const removed = old.slice(head, old.length - tail);
  const added = fresh.slice(head, fresh.length - tail);
  const range = (count: number): string => `${count === 0 ? first : first + 1},${count}`;
  const around = above.length + below.length;
  return [
    `--- ${before === null ? '/dev/null' : path}`,
    `+++ ${path}`,
    `@@ -${range(removed.length + around)} +${range(added.length + around)} @@`,
    ...above.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
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
