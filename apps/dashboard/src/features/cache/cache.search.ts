import { defineSearch, many, type Param, text } from "../../lib/search.ts";
import type { Sort } from "../../ui/table/column.ts";

const KEY_MAX = 512;
const columns = ["name", "keys", "size", "reads", "rate"] as const;
const sorts = columns.flatMap((column) => [column, `-${column}`] as const);
/** A column, with a minus for the largest first. */
type SortText = (typeof sorts)[number];
const sort: Param<SortText> = { parse: (raw) => sorts.find((each) => each === raw) };

export const cacheSearch = defineSearch({
  /** Lists the keys that begin with it instead of the tree. */
  prefix: text(KEY_MAX),
  /** Namespaces whose keys are shown. */
  open: many(text(KEY_MAX)),
  sort,
  /** Key whose value is shown. */
  peek: text(KEY_MAX),
});
export type CacheSearch = ReturnType<typeof cacheSearch>;

export function toSort(written: SortText = "-keys"): Sort {
  return { columnId: written.replace("-", ""), direction: written.startsWith("-") ? "desc" : "asc" };
}

export function toSortText({ columnId, direction }: Sort): SortText | undefined {
  return sort.parse(`${direction === "desc" ? "-" : ""}${columnId}`);
}
