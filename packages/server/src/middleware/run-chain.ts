import { TRPCError } from "@trpc/server";
import { toConnectionFailure } from "../platform/connection-failure.ts";
import { withDeadline, type Deadline } from "../platform/deadline.ts";
import { AppError, findAppError } from "../platform/errors.ts";
import type { AuditNote, Context, Principal } from "../trpc/context.ts";
import { t } from "../trpc/init.ts";
import { isZodError } from "../trpc/error-formatter.ts";
import type { ProcedureMeta } from "../trpc/meta.ts";
import type { Call, CallOutcome, CallType, Permit, RateDecision } from "./chain.ts";
import { requireRight } from "./rights.ts";
import { requireStorableText } from "./text.ts";

/**
 * The way of every call, cheap refusals first: deadline, rate limit by address, identity, rights, rate limit by caller,
 * slot, text of the input; then tRPC parses the input and the procedure runs. Around it: one log line, the statistics and
 * for a mutation its audit row.
 *
 * Three facts of tRPC 11 it is written against: `next()` resolves `{ ok: false }` where one would expect it to reject; what is
 * thrown here reaches the caller as an error of the call; and the `next()` of a subscription resolves before its stream
 * runs, so whatever is held for it is given back when the stream ends.
 */
export const chainMiddleware = t.middleware(async ({ ctx, meta, path, type, next, getRawInput, signal }) => {
  const call = toCall(path, type, meta);
  const { chain } = ctx;
  const trace = beginTrace(call, ctx);
  // A subscription lasts as long as its listener does.
  const deadline = withDeadline(signal, ctx.signal, type === "subscription" ? Infinity : call.meta.deadlineMs);
  let permit: Permit | undefined;

  const finish = async (error: TRPCError | undefined): Promise<TRPCError | undefined> => {
    permit?.release();
    deadline.clear();
    return trace.end(error, permit?.queuedMs ?? 0);
  };

  const refuse = async (error: TRPCError): Promise<void> => {
    if (call.type === "subscription") ctx.onStreamRefused?.(error);
    await finish(error);
  };

  try {
    requireAllowed(chain.limits.takeAddress(ctx.address), undefined);
    // Not awaited in between when nobody needs to know: a public procedure costs no look-up.
    const principal = call.meta.access === "public" ? undefined : await ctx.identify();
    trace.principal = principal;
    requireRight(principal, call);
    requireAllowed(chain.limits.takePrincipal(call, toLimitKey(principal, ctx.address)), ctx);
    permit = await chain.limits.acquire(call, deadline.signal);
    requireStorableText(await getRawInput());

    const result = await next({ ctx: { principal, note: trace.note, signal: deadline.signal } });
    if (!result.ok) {
      const error = toTrpcError(result.error);
      await refuse(error);
      return { ...result, error };
    }
    if (call.type === "subscription") {
      const data = settleWhenDone(result.data as AsyncIterable<unknown>, () => watchRight(call, ctx, deadline), finish);
      return { ...result, data };
    }
    const unaudited = await finish(undefined);
    return unaudited ? { marker: result.marker, ok: false, error: unaudited } : result;
  } catch (thrown) {
    const error = toTrpcError(thrown);
    await refuse(error);
    throw error;
  }
});

const NO_META: ProcedureMeta = { access: "owner", limit: "write", description: "" };

/** A procedure that forgot its meta is closed to all but owners; a test fails the build before that. */
function toCall(path: string, type: CallType, meta: ProcedureMeta | undefined): Call {
  return { path, type, meta: meta ?? NO_META };
}

function toLimitKey(principal: Principal | undefined, address: string): string {
  if (!principal) return `address:${address}`;
  return principal.kind === "key" ? `key:${principal.credentialId}` : `user:${principal.userId}`;
}

/** Raises 429 `RATE_LIMITED`. With `ctx`, tells the caller what is left, refused or not. */
function requireAllowed(decision: RateDecision, ctx: Context | undefined): void {
  if (ctx) {
    const windowSeconds = Math.max(1, Math.round(decision.windowMs / 1000));
    ctx.setHeader("RateLimit-Policy", `"${decision.policy}";q=${decision.limit};w=${windowSeconds}`);
    ctx.setHeader(
      "RateLimit",
      `"${decision.policy}";r=${Math.max(0, Math.floor(decision.remaining))};t=${Math.ceil(decision.resetMs / 1000)}`,
    );
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

/** tRPC wraps whatever a procedure throws as a 500; a refusal of ours gets the status of its kind back. */
function toTrpcError(thrown: unknown): TRPCError {
  const known = findAppError(thrown);
  const app = known ?? toConnectionFailure(thrown);
  if (thrown instanceof TRPCError && (!app || thrown.code === app.kind)) return thrown;
  const cause = known ? thrown : (app ?? thrown);
  return new TRPCError({ code: app?.kind ?? "INTERNAL_SERVER_ERROR", message: app?.message ?? "", cause });
}

/** How long a stream may go on after its caller was suspended, signed out or lost the right. */
const RIGHT_CHECK_MS = 2000;

interface RightWatch {
  /** Why the stream must end, once it must. */
  refusal(): unknown;
  stop(): void;
}

/**
 * Asks again and again whether the caller of a stream may still call it: the answer at its start would otherwise hold for as long
 * as a tab stays open. Ends the stream through its signal.
 */
function watchRight(call: Call, ctx: Context, deadline: Deadline): RightWatch {
  const watching = new AbortController();
  let refusal: unknown;
  const check = async (): Promise<void> => {
    try {
      requireRight(await ctx.identifyAgain(), call);
    } catch (thrown) {
      // Refused only by a refusal: a database that is away for a moment says nothing about rights.
      const kind = findAppError(thrown)?.kind;
      if (kind !== "UNAUTHORIZED" && kind !== "FORBIDDEN") return;
      refusal = thrown;
      watching.abort();
      deadline.end(thrown);
    }
  };
  if (call.meta.access !== "public") ctx.chain.clock.every(RIGHT_CHECK_MS, check, watching.signal);
  return { refusal: () => refusal, stop: () => watching.abort() };
}

async function* settleWhenDone(
  stream: AsyncIterable<unknown>,
  startWatch: () => RightWatch,
  finish: (error: TRPCError | undefined) => Promise<unknown>,
): AsyncGenerator<unknown> {
  const right = startWatch();
  let failure: TRPCError | undefined;
  try {
    for await (const value of stream) {
      if (right.refusal()) break;
      yield value;
    }
    if (right.refusal()) throw right.refusal();
  } catch (thrown) {
    failure = toTrpcError(thrown);
    throw failure;
  } finally {
    right.stop();
    await finish(failure);
  }
}

interface Trace {
  principal: Principal | undefined;
  readonly note: (note: AuditNote) => void;
  /**
   * Writes the audit row of a mutation, the statistics and the log line. Resolves to the error that the caller gets: `error`, or
   * the one that kept the row of a call that went well from being stored. What is not on record is not acknowledged.
   */
  end(error: TRPCError | undefined, queuedMs: number): Promise<TRPCError | undefined>;
}

function beginTrace(call: Call, ctx: Context): Trace {
  const { chain } = ctx;
  // Not `ctx.startedMs`: the calls of one batch run side by side, and a stream may start long after its request.
  const startedMs = chain.clock.monotonicMs();
  let noted: AuditNote = {};
  chain.stats.begin(call);

  const audit = async (error: TRPCError | undefined): Promise<TRPCError | undefined> => {
    const { principal } = trace;
    const outcome = error ? toOutcome(error) : "ok";
    if (call.type !== "mutation" || (!principal && outcome === "limited")) return undefined;
    try {
      await chain.audit.record({
        action: call.path,
        outcome: outcome === "ok" ? "ok" : outcome === "error" ? "failed" : "refused",
        code: error ? toCode(error) : undefined,
        principal,
        address: ctx.address,
        requestId: ctx.requestId,
        note: noted,
      });
      return undefined;
    } catch (thrown) {
      return toTrpcError(thrown);
    }
  };

  const trace: Trace = {
    principal: undefined,
    note: (note) => {
      noted = { ...noted, ...note };
    },
    end: async (refusal, queuedMs) => {
      const unaudited = await audit(refusal);
      const error = refusal ?? unaudited;
      const { principal } = trace;
      const durationMs = chain.clock.monotonicMs() - startedMs;
      const code = error ? toCode(error) : "OK";
      const outcome = error ? toOutcome(error) : "ok";
      const who = principal ? (principal.keyName ?? principal.email) : undefined;
      chain.stats.end({ call, outcome, code, durationMs, queuedMs, requestId: ctx.requestId, principal: who });
      const times = { durationMs: toTenths(durationMs), queuedMs: toTenths(queuedMs) };
      logCall(ctx, { path: call.path, type: call.type, outcome, code, ...times, principal: who }, error);
      return error;
    },
  };
  return trace;
}

const toTenths = (ms: number): number => Math.round(ms * 10) / 10;

function toCode(error: TRPCError): string {
  return findAppError(error)?.code ?? (isZodError(error.cause) ? "INPUT_INVALID" : error.code);
}

function toOutcome(error: TRPCError): CallOutcome {
  switch (error.code) {
    case "TOO_MANY_REQUESTS":
      return "limited";
    case "SERVICE_UNAVAILABLE":
      return findAppError(error)?.code === "DEPENDENCY_UNAVAILABLE" ? "error" : "limited";
    case "INTERNAL_SERVER_ERROR":
    case "BAD_GATEWAY":
    case "GATEWAY_TIMEOUT":
    case "NOT_IMPLEMENTED":
      return "error";
    default:
      return "clientError";
  }
}

function logCall(ctx: Context, fields: Readonly<Record<string, unknown>>, error: TRPCError | undefined): void {
  if (fields["outcome"] !== "error") ctx.log.info("call", fields);
  else ctx.log.error("call", { ...fields, err: error?.cause ?? error });
}
