export interface NamespaceFigures {
  readonly name: string;
  readonly keys: number;
  readonly sizeBytes: number;
  readonly hits: number;
  readonly misses: number;
}

interface Counters {
  keys: number;
  sizeBytes: number;
  hits: number;
  misses: number;
}

/** Namespaces without keys that are remembered for their misses; keys are made up by callers, so it needs a bound. */
const EMPTY_MAX = 1000;

/** Counts per namespace, kept as entries come and go: listing them reads no entry. */
export interface Namespaces {
  added(key: string, sizeBytes: number): void;
  removed(key: string, sizeBytes: number): void;
  hit(key: string): void;
  missed(key: string): void;
  list(): NamespaceFigures[];
}

export function createNamespaces(): Namespaces {
  const byName = new Map<string, Counters>();

  const countersOf = (key: string): Counters => {
    const name = toNamespace(key);
    let counters = byName.get(name);
    if (!counters) {
      counters = { keys: 0, sizeBytes: 0, hits: 0, misses: 0 };
      byName.set(name, counters);
    }
    return counters;
  };

  return {
    added: (key, sizeBytes) => {
      const counters = countersOf(key);
      counters.keys += 1;
      counters.sizeBytes += sizeBytes;
    },
    removed: (key, sizeBytes) => {
      const counters = countersOf(key);
      counters.keys -= 1;
      counters.sizeBytes -= sizeBytes;
      if (counters.keys === 0 && byName.size > EMPTY_MAX) byName.delete(toNamespace(key));
    },
    hit: (key) => {
      countersOf(key).hits += 1;
    },
    missed: (key) => {
      if (byName.size < EMPTY_MAX || byName.has(toNamespace(key))) countersOf(key).misses += 1;
    },
    list: () =>
      [...byName]
        .map(([name, counters]) => ({ name, ...counters }))
        .sort((a, b) => b.keys - a.keys || (a.name < b.name ? -1 : 1)),
  };
}

/** The part of a key before its first `:`; empty for a key without one. */
function toNamespace(key: string): string {
  const end = key.indexOf(":");
  return end === -1 ? "" : key.slice(0, end);
}
