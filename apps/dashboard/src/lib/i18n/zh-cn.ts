import type { Catalogue } from "./i18n.tsx";
import { auditZh } from "./zh-cn/audit.ts";
import { cacheZh } from "./zh-cn/cache.ts";
import { limitsZh } from "./zh-cn/limits.ts";
import { overviewZh } from "./zh-cn/overview.ts";
import { peopleZh } from "./zh-cn/people.ts";
import { queueZh } from "./zh-cn/queue.ts";
import { settingsZh } from "./zh-cn/settings.ts";
import { shellZh } from "./zh-cn/shell.ts";
import { signInZh } from "./zh-cn/sign-in.ts";
import { uiZh } from "./zh-cn/ui.ts";

export const zhCn: Catalogue = {
  ...uiZh,
  ...shellZh,
  ...signInZh,
  ...settingsZh,
  ...overviewZh,
  ...queueZh,
  ...cacheZh,
  ...limitsZh,
  ...peopleZh,
  ...auditZh,
};
