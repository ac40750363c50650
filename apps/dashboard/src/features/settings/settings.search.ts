import { defineSearch, text } from "../../lib/search.ts";

export const systemSearch = defineSearch({});
export const accessSearch = defineSearch({ q: text() });
