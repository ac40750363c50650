import { defineSearch } from "../../lib/search.ts";

export const importsSearch = defineSearch({});
export const importSearch = defineSearch({});
