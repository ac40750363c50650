import { AppError } from "../platform/errors.ts";
import type { Context, Principal } from "../trpc/context.ts";
import type { Call, Permit, RateDecision } from "./chain.ts";
import { requireRight, requireStepUp } from "./rights.ts";
import type { Trace } from "./trace.ts";

export interface Admission {
  /** Undefined for public procedures only. */
  readonly principal: Principal | undefined;
  /** To be released when the call is over, in whatever way. */
  readonly permit: Permit;
}

/**
 * The refusals that need nothing of the input, cheap ones first: rate limit by address, identity, rights, rate limit by caller,
 * step-up, slot. Who calls is told to the trace as soon as it is known, so that refusals are recorded under a name.
 */
export async function admit(call: Call, ctx: Context, trace: Trace, signal: AbortSignal): Promise<Admission> {
  const { limits } = ctx.chain;
  requireAllowed(limits.takeAddress(ctx.address), undefined);
  // Not awaited in between when nobody needs to know: a public procedure costs no look-up.
  const known = call.meta.access === "public" ? undefined : await ctx.identify();
  trace.principal = known;
  requireRight(known, call);
  const ofKey = known?.ratePerMinute === undefined ? [] : [limits.takeKey(known.credentialId, known.ratePerMinute)];
  for (const decision of ofKey) requireAllowed(decision, ctx);
  requireAllowed(limits.takePrincipal(call, toLimitKey(known, ctx.address)), ctx, ofKey);
  const principal = call.meta.stepUp ? await requireStepUp(known, call, () => ctx.identifyAgain("fresh")) : known;
  return { principal, permit: await limits.acquire(call, signal) };
}

function toLimitKey(principal: Principal | undefined, address: string): string {
  if (!principal) return `address:${address}`;
  return principal.kind === "key" ? `key:${principal.credentialId}` : `user:${principal.userId}`;
}

/** Raises 429 `RATE_LIMITED`. With `ctx`, tells the caller what is left, refused or not, here and of `others` before it. */
function requireAllowed(decision: RateDecision, ctx: Context | undefined, others: readonly RateDecision[] = []): void {
  if (ctx) {
    const told = [...others, decision];
    ctx.setHeader("RateLimit-Policy", told.map(toPolicyItem).join(", "));
    ctx.setHeader("RateLimit", told.map(toLimitItem).join(", "));
  }
  if (decision.allowed) return;
  throw new AppError({
    kind: "TOO_MANY_REQUESTS",
    code: "RATE_LIMITED",
    publicMessage: `Too many calls: ${decision.policy} allows ${decision.limit} in ${decision.windowMs / 1000} s.`,
    details: { policy: decision.policy, limit: decision.limit, windowMs: decision.windowMs },
    retryAfterMs: decision.retryAfterMs,
  });
}

function toPolicyItem({ policy, limit, windowMs }: RateDecision): string {
  return `"${policy}";q=${limit};w=${Math.max(1, Math.round(windowMs / 1000))}`;
}

function toLimitItem({ policy, remaining, resetMs }: RateDecision): string {
  return `"${policy}";r=${Math.max(0, Math.floor(remaining))};t=${Math.ceil(resetMs / 1000)}`;
}
