import { defineSearch, type Param } from "../../lib/search.ts";

const id: Param<string> = { parse: (raw) => (/^[0-9a-f-]{36}$/.test(raw) ? raw : undefined) };

export const overviewSearch = defineSearch({
  /** Id of an event of the audit log that the charts call out. */
  mark: id,
});
