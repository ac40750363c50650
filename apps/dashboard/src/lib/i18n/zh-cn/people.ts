import type { peopleEn } from "../en/people.ts";
import type { TranslationOf } from "../message.ts";

export const peopleZh: TranslationOf<typeof peopleEn> = {};
