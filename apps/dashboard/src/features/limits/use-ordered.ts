import { useState } from "react";
import { compareLimits, type Limit } from "./limit.ts";
import { type LimitsSearch, toSort } from "./limits.search.ts";

interface Order {
  readonly key: string;
  readonly names: readonly string[];
}

/**
 * In the order the figures had when the order was chosen: sorted by a figure that moves each second, rows would change places
 * under the pointer. Without an order, that of the server.
 */
export function useOrdered(
  items: readonly Limit[] | undefined,
  sortText: LimitsSearch["sort"],
): readonly Limit[] | undefined {
  const [order, setOrder] = useState<Order>({ key: "", names: [] });
  const sort = toSort(sortText);
  if (!items || !sort) return items;
  const key = `${sortText} ${items.length}`;
  if (order.key !== key) {
    setOrder({ key, names: [...items].sort(compareLimits(sort)).map(({ name }) => name) });
    return items;
  }
  const byName = new Map(items.map((limit) => [limit.name, limit]));
  return order.names.flatMap((name) => byName.get(name) ?? []);
}
