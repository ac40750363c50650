import { roles } from "../../lib/roles.ts";
import { defineSearch, oneOf, type Param, text } from "../../lib/search.ts";

export const userTabs = ["profile", "sessions", "keys", "rights", "audit"] as const;
export type UserTab = (typeof userTabs)[number];

const id: Param<string> = { parse: (raw) => (/^[0-9a-f-]{36}$/.test(raw) ? raw : undefined) };

export const usersSearch = defineSearch({
  q: text(),
  role: oneOf(...roles),
  /** `deleted` is another list: of those who can still be brought back. */
  status: oneOf("active", "suspended", "deleted"),
  /** The open row, by id, and its tab. */
  peek: id,
  tab: oneOf(...userTabs),
});

export const userSearch = defineSearch({ tab: oneOf(...userTabs) });
