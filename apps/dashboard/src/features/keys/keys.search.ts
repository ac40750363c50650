import { defineSearch, oneOf, type Param, text } from "../../lib/search.ts";

const id: Param<string> = { parse: (raw) => (/^[0-9a-f-]{36}$/.test(raw) ? raw : undefined) };

export const keyStatuses = ["active", "expired", "revoked"] as const;

export const keysSearch = defineSearch({
  q: text(),
  status: oneOf(...keyStatuses),
  /** Keys of this person only, by id. */
  owner: id,
  /** The open row, by id. */
  peek: id,
});
