/**
 * The first `count` keys with a prefix in the order of their code units, of those after `after`. One pass that keeps no more
 * than it answers: sorting every key for each page would block the process for longer.
 */
export function firstKeys(keys: Iterable<string>, prefix: string, after: string | undefined, count: number): string[] {
  const found: string[] = [];
  for (const key of keys) {
    if (!key.startsWith(prefix) || (after !== undefined && key <= after)) continue;
    if (found.length === count && key >= (found.at(-1) ?? "")) continue;
    found.splice(insertionIndex(found, key), 0, key);
    if (found.length > count) found.pop();
  }
  return found;
}

function insertionIndex(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
