import { defineSearch, oneOf, type Param, text } from "../../lib/search.ts";

const id: Param<string> = { parse: (raw) => (/^[0-9a-f-]{36}$/.test(raw) ? raw : undefined) };

/** Days without a call. */
export const idleChoices = ["1", "7", "30", "90"] as const;

export const sessionsSearch = defineSearch({
  q: text(),
  idle: oneOf(...idleChoices),
  /** Of this person only, by id. */
  user: id,
  /** The open row, by id. */
  peek: id,
});
