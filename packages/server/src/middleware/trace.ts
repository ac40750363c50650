import { TRPCError } from "@trpc/server";
import { toConnectionFailure } from "../platform/connection-failure.ts";
import { findAppError } from "../platform/errors.ts";
import type { AuditNote, Context, Principal } from "../trpc/context.ts";
import { isZodError } from "../trpc/error-formatter.ts";
import type { Call, CallOutcome } from "./chain.ts";

export interface Trace {
  principal: Principal | undefined;
  /** As it came, once the call is let through to its procedure. */
  input?: unknown;
  readonly note: (note: AuditNote) => void;
  /**
   * Writes the audit row, the statistics and the log line. Resolves to the error that the caller gets: `error`, or
   * the one that kept the row of a call that went well from being stored. What is not on record is not acknowledged.
   */
  end(error: TRPCError | undefined, queuedMs: number): Promise<TRPCError | undefined>;
}

/** `isAudited`: whether the call leaves a row in the audit log. Default: mutations do. */
export function beginTrace(call: Call, ctx: Context, isAudited = call.type === "mutation"): Trace {
  const { chain } = ctx;
  // Not `ctx.startedMs`: the calls of one batch run side by side, and a stream may start long after its request.
  const startedMs = chain.clock.monotonicMs();
  let noted: AuditNote = {};
  chain.stats.begin(call);

  const audit = async (error: TRPCError | undefined): Promise<TRPCError | undefined> => {
    const { principal } = trace;
    const outcome = error ? toOutcome(error) : "ok";
    if (!isAudited || (!principal && outcome === "limited")) return undefined;
    try {
      await chain.audit.record({
        action: call.path,
        outcome: outcome === "ok" ? "ok" : outcome === "error" ? "failed" : "refused",
        code: error ? toCode(error) : undefined,
        principal,
        address: ctx.address,
        requestId: ctx.requestId,
        note: noted,
        input: trace.input,
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

/** tRPC wraps whatever a procedure throws as a 500; a refusal of ours gets the status of its kind back. */
export function toTrpcError(thrown: unknown): TRPCError {
  const known = findAppError(thrown);
  const app = known ?? toConnectionFailure(thrown);
  if (thrown instanceof TRPCError && (!app || thrown.code === app.kind)) return thrown;
  const cause = known ? thrown : (app ?? thrown);
  return new TRPCError({ code: app?.kind ?? "INTERNAL_SERVER_ERROR", message: app?.message ?? "", cause });
}
