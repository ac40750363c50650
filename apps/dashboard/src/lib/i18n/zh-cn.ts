import type { WholeCatalogue } from "./i18n.tsx";
import { activityZh } from "./zh-cn/activity.ts";
import { auditZh } from "./zh-cn/audit.ts";
import { cacheZh } from "./zh-cn/cache.ts";
import { importsZh } from "./zh-cn/imports.ts";
import { keysZh } from "./zh-cn/keys.ts";
import { limitCallersZh } from "./zh-cn/limit-callers.ts";
import { limitChangeZh } from "./zh-cn/limit-change.ts";
import { limitRehearseZh } from "./zh-cn/limit-rehearse.ts";
import { limitsZh } from "./zh-cn/limits.ts";
import { overviewZh } from "./zh-cn/overview.ts";
import { peopleZh } from "./zh-cn/people.ts";
import { proceduresZh } from "./zh-cn/procedures.ts";
import { queueZh } from "./zh-cn/queue.ts";
import { queueErrorsZh } from "./zh-cn/queue-errors.ts";
import { queueSchedulesZh } from "./zh-cn/queue-schedules.ts";
import { queueSettingsZh } from "./zh-cn/queue-settings.ts";
import { queueWorkersZh } from "./zh-cn/queue-workers.ts";
import { securityZh } from "./zh-cn/security.ts";
import { sessionsZh } from "./zh-cn/sessions.ts";
import { settingsZh } from "./zh-cn/settings.ts";
import { shellZh } from "./zh-cn/shell.ts";
import { signInZh } from "./zh-cn/sign-in.ts";
import { systemZh } from "./zh-cn/system.ts";
import { uiZh } from "./zh-cn/ui.ts";

export const zhCn: WholeCatalogue = {
  ...uiZh,
  ...shellZh,
  ...signInZh,
  ...settingsZh,
  ...overviewZh,
  ...proceduresZh,
  ...queueZh,
  ...queueErrorsZh,
  ...queueSchedulesZh,
  ...queueSettingsZh,
  ...queueWorkersZh,
  ...activityZh,
  ...cacheZh,
  ...limitsZh,
  ...limitCallersZh,
  ...limitChangeZh,
  ...limitRehearseZh,
  ...peopleZh,
  ...sessionsZh,
  ...keysZh,
  ...importsZh,
  ...auditZh,
  ...systemZh,
  ...securityZh,
};
