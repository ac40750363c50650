import type { Sort } from "../../ui/table/column.ts";
import type { CacheEntry, Namespace } from "./entry.ts";

export type CacheRow =
  | { readonly kind: "namespace"; readonly id: string; readonly namespace: Namespace; readonly isOpen: boolean }
  | { readonly kind: "key"; readonly id: string; readonly entry: CacheEntry; readonly isChild: boolean }
  /** Stands for the keys of a namespace that are not drawn under it. */
  | { readonly kind: "more"; readonly id: string; readonly prefix: string; readonly count: number }
  | { readonly kind: "reading"; readonly id: string };

/** Keys drawn under a namespace; the rest is a list of its own. */
export const KEYS_PER_NAMESPACE = 20;

export interface OpenNamespace {
  readonly items: readonly CacheEntry[] | undefined;
  readonly hasMore: boolean;
}

/** Namespaces in order, each open one followed by its keys. */
export function toTreeRows(
  namespaces: readonly Namespace[],
  sort: Sort,
  opened: ReadonlyMap<string, OpenNamespace>,
): CacheRow[] {
  return [...namespaces].sort(compareBy(sort)).flatMap((namespace): CacheRow[] => {
    const open = opened.get(namespace.name);
    const row: CacheRow = { kind: "namespace", id: namespaceId(namespace.name), namespace, isOpen: open !== undefined };
    if (!open) return [row];
    if (!open.items) return [row, { kind: "reading", id: `reading ${namespace.name}` }];
    const rows: CacheRow[] = [row, ...open.items.map((entry) => toKeyRow(entry, true))];
    if (open.hasMore) {
      const count = Math.max(1, namespace.keys - open.items.length);
      rows.push({ kind: "more", id: `more ${namespace.name}`, prefix: `${namespace.name}:`, count });
    }
    return rows;
  });
}

export function toKeyRow(entry: CacheEntry, isChild: boolean): CacheRow {
  return { kind: "key", id: keyId(entry.key), entry, isChild };
}

function namespaceId(name: string): string {
  return `namespace ${name}`;
}
export function keyId(key: string): string {
  return `key ${key}`;
}

/** The row in words, for the labels of its controls. */
export function nameOf(row: CacheRow): string {
  switch (row.kind) {
    case "namespace":
      return `${row.namespace.name}:`;
    case "key":
      return row.entry.key;
    case "more":
    case "reading":
      return row.id;
  }
}

/** 0 to 1, or null before the first read. */
export function hitRateOf({ hits, misses }: Namespace): number | null {
  return hits + misses === 0 ? null : hits / (hits + misses);
}

function compareBy({ columnId, direction }: Sort): (a: Namespace, b: Namespace) => number {
  const sign = direction === "desc" ? -1 : 1;
  const figureOf = (namespace: Namespace): number => {
    switch (columnId) {
      case "size":
        return namespace.sizeBytes;
      case "reads":
        return namespace.hits + namespace.misses;
      case "rate":
        return hitRateOf(namespace) ?? -1;
      default:
        return namespace.keys;
    }
  };
  return (a, b) =>
    (columnId === "name" ? 0 : sign * (figureOf(a) - figureOf(b))) ||
    (columnId === "name" ? sign : 1) * (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
