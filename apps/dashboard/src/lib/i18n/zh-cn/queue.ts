import type { queueEn } from "../en/queue.ts";
import type { TranslationOf } from "../message.ts";

export const queueZh: TranslationOf<typeof queueEn> = {};
