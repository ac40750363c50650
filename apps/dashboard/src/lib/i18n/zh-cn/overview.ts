import type { overviewEn } from "../en/overview.ts";
import type { TranslationOf } from "../message.ts";

export const overviewZh: TranslationOf<typeof overviewEn> = {};
