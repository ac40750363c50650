import type { cacheEn } from "../en/cache.ts";
import type { TranslationOf } from "../message.ts";

export const cacheZh: TranslationOf<typeof cacheEn> = {};
