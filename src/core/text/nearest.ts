/** The one of `names` that is nearest to a misspelt name; null if more than a quarter of the letters differ. */
export function nearest(misspelt: string, names: readonly string[]): string | null {
  const [best] = names
    .map((name) => ({ name, distance: distance(misspelt, name) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, misspelt.length / 4) ? best.name : null;
}

/** How many letters must be inserted, deleted or replaced (Levenshtein distance). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(to).entries())
      next.push(
        Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
