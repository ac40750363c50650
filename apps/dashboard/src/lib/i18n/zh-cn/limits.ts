import type { limitsEn } from "../en/limits.ts";
import type { TranslationOf } from "../message.ts";

export const limitsZh: TranslationOf<typeof limitsEn> = {};
