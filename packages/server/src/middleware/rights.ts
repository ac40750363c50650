import { AppError } from "../platform/errors.ts";
import type { Principal } from "../trpc/context.ts";
import { requireVerified } from "../trpc/ranks.ts";
import { rankOf } from "../trpc/roles.ts";
import type { Call } from "./chain.ts";

/** Whether a role and, for a key, its scopes reach a procedure. */
export function hasRight(
  principal: Pick<Principal, "role" | "scopes">,
  path: string,
  access: Call["meta"]["access"],
): boolean {
  if (access === "public") return true;
  return rankOf(principal.role) >= rankOf(access) && isInScope(principal.scopes, path);
}

/** A scope is a prefix of whole path segments: `queue.jobs` covers `queue.jobs.list`, not `queue.jobsfoo`. */
export function isInScope(scopes: readonly string[] | undefined, path: string): boolean {
  return !scopes || scopes.some((scope) => path === scope || path.startsWith(`${scope}.`));
}

/** Raises 401 `UNAUTHENTICATED` or 403 `RIGHT_MISSING`, which names the right and who has it. */
export function requireRight(principal: Principal | undefined, call: Call): void {
  const { access } = call.meta;
  if (access === "public") return;
  if (!principal) {
    throw new AppError({
      kind: "UNAUTHORIZED",
      code: "UNAUTHENTICATED",
      publicMessage: "Sign in, or send an API key as `Authorization: Bearer <key>`.",
    });
  }
  if (hasRight(principal, call.path, access)) return;
  const isScope = rankOf(principal.role) >= rankOf(access);
  throw new AppError({
    kind: "FORBIDDEN",
    code: isScope ? "SCOPE_MISSING" : "RIGHT_MISSING",
    publicMessage: isScope
      ? `This key is held to ${principal.scopes?.join(", ")}; ${call.path} is outside of that.`
      : `This needs ${call.path}, which the role ${access} has. You are signed in as ${principal.role}.`,
    details: { right: call.path, needs: access, has: principal.role },
  });
}

/**
 * Raises 403 `STEP_UP_REQUIRED` for a session that was not proven within the last 10 minutes. The step-up may have reached another
 * process a moment ago, so a no from memory is asked for again; that costs a look-up and therefore stands behind the rate limit.
 */
export async function requireStepUp(
  known: Principal | undefined,
  call: Call,
  identifyFresh: () => Promise<Principal | undefined>,
): Promise<Principal | undefined> {
  const isAsked = known?.kind === "session" && !known.isVerified;
  const principal = isAsked ? await identifyFresh() : known;
  requireRight(principal, call);
  if (principal && call.meta.stepUp === true) requireVerified(principal);
  return principal;
}
