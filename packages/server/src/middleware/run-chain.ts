import type { TRPCError } from "@trpc/server";
import { withDeadline } from "../platform/deadline.ts";
import { t } from "../trpc/init.ts";
import type { ProcedureMeta } from "../trpc/meta.ts";
import { admit } from "./admit.ts";
import type { Call, CallType, Permit } from "./chain.ts";
import { requireStorableText } from "./text.ts";
import { beginTrace, toTrpcError, type Trace } from "./trace.ts";
import { settleWhenDone, watchRight } from "./watch-right.ts";

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
  const trace = beginTrace(call, ctx);
  // A subscription lasts as long as its listener does.
  const deadline = withDeadline(signal, ctx.signal, type === "subscription" ? Infinity : call.meta.deadlineMs);
  let permit: Permit | undefined;

  const finish = (error: TRPCError | undefined): ReturnType<Trace["end"]> => {
    permit?.release();
    deadline.clear();
    return trace.end(error, permit?.queuedMs ?? 0);
  };

  const refuse = async (error: TRPCError): Promise<void> => {
    if (call.type === "subscription") ctx.onStreamRefused?.(error);
    await finish(error);
  };

  try {
    // The fast lane has read the body before; the stock handler hands it on as it comes, and goes on waiting for one that breaks off.
    const arrived = ctx.carriesJsonText ? undefined : getRawInput;
    const admission = await admit(call, ctx, trace, deadline.signal, arrived);
    ({ permit } = admission);
    trace.input = await getRawInput();
    requireStorableText(trace.input);

    const { principal } = admission;
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
    const ending = finish(undefined);
    const unaudited = ending instanceof Promise ? await ending : ending;
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
