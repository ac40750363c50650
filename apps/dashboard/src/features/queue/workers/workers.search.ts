import { defineSearch, oneOf, text } from "../../../lib/search.ts";

export const workersSearch = defineSearch({
  /** Host, version, process or queue. */
  q: text(),
  state: oneOf("running", "quiet", "stale"),
  /** The open process, by its id. */
  peek: text(100),
});
