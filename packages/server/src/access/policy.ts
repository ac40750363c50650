import type { z } from "zod";
import { VERIFIED_SECONDS } from "../trpc/ranks.ts";
import { passwordSchema } from "../trpc/roles.ts";
import type { policyOutput } from "./access.schema.ts";
import type { CatalogEntry } from "./access.service.ts";
import { SESSION_SECONDS } from "./sign-in/better-auth.ts";
import { ACCOUNT_FAILURES_MAX, ADDRESS_FAILURES_MAX, LOCK_SECONDS } from "./sign-in/sign-in-throttle.ts";

/** The rules of signing in, from the values that the server goes by. */
export function toPolicy(catalog: readonly CatalogEntry[]): z.infer<typeof policyOutput> {
  return {
    lock: {
      accountFailures: ACCOUNT_FAILURES_MAX,
      addressFailures: ADDRESS_FAILURES_MAX,
      seconds: LOCK_SECONDS,
    },
    password: { minLength: passwordSchema.minLength ?? 0, maxLength: passwordSchema.maxLength ?? 0 },
    sessionSeconds: SESSION_SECONDS,
    stepUp: {
      withinSeconds: VERIFIED_SECONDS,
      procedures: catalog.flatMap(({ path, stepUp }) => (stepUp ? [{ path, always: stepUp === true }] : [])),
    },
  };
}
