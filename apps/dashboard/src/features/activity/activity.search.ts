import { defineSearch, oneOf } from "../../lib/search.ts";

export const activitySearch = defineSearch({ kind: oneOf("bulk", "imports") });
export const itemFilters = ["failed", "done", "pending", "undone", "kept"] as const;
export const bulkActSearch = defineSearch({ items: oneOf(...itemFilters) });
