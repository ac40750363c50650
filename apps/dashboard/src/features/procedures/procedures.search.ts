import { defineSearch, oneOf, text } from "../../lib/search.ts";

export const procedureTypes = ["query", "mutation", "subscription"] as const;
export const procedureSorts = ["path", "calls", "errors", "limited", "p50", "p95", "p99", "inFlight"] as const;
export const limitClasses = ["public", "read", "write", "bulk", "auth", "lab"] as const;

export const proceduresSearch = defineSearch({
  q: text(),
  type: oneOf(...procedureTypes),
  limit: oneOf(...limitClasses),
  sort: oneOf(...procedureSorts),
  dir: oneOf("asc", "desc"),
  peek: text(),
});
