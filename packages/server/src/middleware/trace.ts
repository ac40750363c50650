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
   * Writes the audit row, the statistics and the log line. Answers the error that the caller gets: `error`, or the one that kept the
   * row of a call that went well from being stored. What is not on record is not acknowledged. A promise where there is a row.
   */
  end(error: TRPCError | undefined, queuedMs: number): TRPCError | undefined | Promise<TRPCError | undefined>;
}

/** `isAudited`: whether the call leaves a row in the audit log. Default: mutations do. */
export function beginTrace(call: Call, ctx: Context, isAudited = call.type === "mutation"): Trace {
  const { chain } = ctx;
  // Not `ctx.startedMs`: the calls of one batch run side by side, and a stream may start long after its request.
  const startedMs = chain.clock.monotonicMs();
  let noted: AuditNote = {};
  chain.stats.begin(call);

  const audit = async (error: TRPCError | undefined): Promise<TRPCError | undefined> => {
    const outcome = error ? toOutcome(error) : "ok";
    try {
      await chain.audit.record({
        action: call.path,
        outcome: outcome === "ok" ? "ok" : outcome === "error" ? "failed" : "refused",
        code: error ? toCode(error) : undefined,
        principal: trace.principal,
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

  const settle = (error: TRPCError | undefined, queuedMs: number): TRPCError | undefined => {
    const durationMs = chain.clock.monotonicMs() - startedMs;
    const outcome = error ? toOutcome(error) : "ok";
    const code = error ? toCode(error) : "OK";
    const principal = trace.principal?.keyName ?? trace.principal?.email;
    const { requestId, address } = ctx;
    chain.stats.end({ call, outcome, code, durationMs, queuedMs, requestId, principal });
    const failure = error?.cause ?? error;
    chain.callLog({ requestId, address, call, outcome, code, durationMs, queuedMs, principal, failure });
    return error;
  };

  /** Refusals by a limit of who nobody knows would fill the audit log. */
  const leavesRow = (error: TRPCError | undefined): boolean =>
    isAudited && (trace.principal !== undefined || !error || toOutcome(error) !== "limited");

  const trace: Trace = {
    principal: undefined,
    note: (note) => {
      noted = { ...noted, ...note };
    },
    end: (refusal, queuedMs) =>
      leavesRow(refusal)
        ? audit(refusal).then((unaudited) => settle(refusal ?? unaudited, queuedMs))
        : settle(refusal, queuedMs),
  };
  return trace;
}

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

/** tRPC wraps whatever a procedure throws as a 500; a refusal of ours gets the status of its kind back. */
export function toTrpcError(thrown: unknown): TRPCError {
  const known = findAppError(thrown);
  const app = known ?? toConnectionFailure(thrown);
  if (thrown instanceof TRPCError && (!app || thrown.code === app.kind)) return thrown;
  const cause = known ? thrown : (app ?? thrown);
  return new TRPCError({ code: app?.kind ?? "INTERNAL_SERVER_ERROR", message: app?.message ?? "", cause });
}
