import { auditEn } from "./en/audit.ts";
import { cacheEn } from "./en/cache.ts";
import { keysEn } from "./en/keys.ts";
import { limitsEn } from "./en/limits.ts";
import { overviewEn } from "./en/overview.ts";
import { peopleEn } from "./en/people.ts";
import { proceduresEn } from "./en/procedures.ts";
import { securityEn } from "./en/security.ts";
import { sessionsEn } from "./en/sessions.ts";
import { settingsEn } from "./en/settings.ts";
import { shellEn } from "./en/shell.ts";
import { signInEn } from "./en/sign-in.ts";
import { systemEn } from "./en/system.ts";
import { uiEn } from "./en/ui.ts";

/**
 * The words of the first chunk; those of the larger pages are in late-english.ts. Keys are `area.thing`; a key that a translation lacks
 * does not compile.
 */
export const en = {
  ...uiEn,
  ...shellEn,
  ...signInEn,
  ...settingsEn,
  ...overviewEn,
  ...proceduresEn,
  ...cacheEn,
  ...limitsEn,
  ...peopleEn,
  ...sessionsEn,
  ...keysEn,
  ...auditEn,
  ...systemEn,
  ...securityEn,
} as const;
