import { unlessAborted } from "../platform/deadline.ts";
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
 * `arrived` is waited for before the slot: a body that never comes to its end holds none.
 */
export async function admit(
  call: Call,
  ctx: Context,
  trace: Trace,
  signal: AbortSignal,
  arrived?: () => Promise<unknown>,
): Promise<Admission> {
  const { limits } = ctx.chain;
  requireAllowed(limits.takeAddress(ctx.address), undefined);
  // Who called a moment ago is known at once: only a look-up costs a turn, and a public procedure needs none.
  const found = call.meta.access === "public" ? undefined : ctx.identify();
  const known = found instanceof Promise ? await found : found;
  trace.principal = known;
  requireRight(known, call);
  const ofKey =
    known?.ratePerMinute === undefined ? undefined : limits.takeKey(known.credentialId, known.ratePerMinute);
  if (ofKey) requireAllowed(ofKey, ctx);
  requireAllowed(limits.takePrincipal(call, toLimitKey(known, ctx.address)), ctx, ofKey);
  const principal = call.meta.stepUp ? await requireStepUp(known, call, () => ctx.identifyAgain("fresh")) : known;
  if (arrived) await unlessAborted(arrived(), signal);
  signal.throwIfAborted();
  return { principal, permit: limits.tryAcquire(call) ?? (await limits.acquire(call, signal)) };
}

function toLimitKey(principal: Principal | undefined, address: string): string {
  if (!principal) return `address:${address}`;
  return principal.kind === "key" ? `key:${principal.credentialId}` : `user:${principal.userId}`;
}

/** Raises 429 `RATE_LIMITED`. With `ctx`, tells the caller what is left, refused or not, here and of the limit `before` it. */
function requireAllowed(decision: RateDecision, ctx: Context | undefined, before?: RateDecision): void {
  if (ctx) {
    const policy = toPolicyItem(decision);
    const limit = toLimitItem(decision);
    ctx.setHeader("RateLimit-Policy", before ? `${toPolicyItem(before)}, ${policy}` : policy);
    ctx.setHeader("RateLimit", before ? `${toLimitItem(before)}, ${limit}` : limit);
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
