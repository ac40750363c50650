import { useEffect, useState } from "react";
import type { Limit } from "./limit.ts";

type Trends = ReadonlyMap<string, readonly number[]>;

const SAMPLES_MAX = 60;

/** What each limit's rejections per second were at each reading since the page was opened; the server keeps no history of them. */
export function useTrends(items: readonly Limit[] | undefined): Trends {
  const [trends, setTrends] = useState<Trends>(new Map());
  useEffect(() => {
    if (!items) return;
    setTrends(
      (before) =>
        new Map(
          items.map(({ name, rejectedPerSecond }) => [
            name,
            [...(before.get(name) ?? []), rejectedPerSecond].slice(-SAMPLES_MAX),
          ]),
        ),
    );
  }, [items]);
  return trends;
}
