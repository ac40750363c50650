import type { auditEn } from "../en/audit.ts";
import type { TranslationOf } from "../message.ts";

export const auditZh: TranslationOf<typeof auditEn> = {};
