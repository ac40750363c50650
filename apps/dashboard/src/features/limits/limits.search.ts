import { defineSearch, oneOf, type Param, text } from "../../lib/search.ts";
import type { Sort } from "../../ui/table/column.ts";

const columns = ["name", "use", "allowed", "rejected", "rate"] as const;
const sorts = columns.flatMap((column) => [column, `-${column}`] as const);
/** A column, with a minus for the largest first. Without one: the order of the server, class by class. */
type SortText = (typeof sorts)[number];
const sort: Param<SortText> = { parse: (raw) => sorts.find((each) => each === raw) };

const limitTabs = ["rate", "concurrency", "limiting"] as const;
export type LimitTab = (typeof limitTabs)[number];
export const limitsSearch = defineSearch({
  tab: oneOf(...limitTabs),
  q: text(200),
  sort,
  /** Name of the limit whose details are open. */
  peek: text(200),
});
export type LimitsSearch = ReturnType<typeof limitsSearch>;

export function toSort(written: SortText | undefined): Sort | undefined {
  return written && { columnId: written.replace("-", ""), direction: written.startsWith("-") ? "desc" : "asc" };
}

export function toSortText({ columnId, direction }: Sort): SortText | undefined {
  return sort.parse(`${direction === "desc" ? "-" : ""}${columnId}`);
}
