import { roles } from "../../lib/roles.ts";
import { defineSearch, oneOf, text } from "../../lib/search.ts";

export const systemSearch = defineSearch({});
export const accessSearch = defineSearch({ q: text(), role: oneOf(...roles), confirming: oneOf("asked") });
