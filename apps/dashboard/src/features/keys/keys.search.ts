import { defineSearch, type Param } from "../../lib/search.ts";

const id: Param<string> = { parse: (raw) => (/^[0-9a-f-]{36}$/.test(raw) ? raw : undefined) };

export const keysSearch = defineSearch({ peek: id });
