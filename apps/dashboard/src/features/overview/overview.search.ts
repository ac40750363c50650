import { defineSearch } from "../../lib/search.ts";

export const overviewSearch = defineSearch({});
