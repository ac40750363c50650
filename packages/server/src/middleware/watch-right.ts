import type { TRPCError } from "@trpc/server";
import type { Deadline } from "../platform/deadline.ts";
import { findAppError } from "../platform/errors.ts";
import type { Context } from "../trpc/context.ts";
import type { Call } from "./chain.ts";
import { requireRight } from "./rights.ts";
import { toTrpcError } from "./trace.ts";

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
export function watchRight(call: Call, ctx: Context, deadline: Deadline): RightWatch {
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

/**
 * A stream that ends with the right of its caller, and settles the call when it ends in whatever way. An error that `finish` resolves
 * to, of a stream that went well, fails it at its end: what is not on record is not acknowledged.
 */
export async function* settleWhenDone<Value>(
  stream: AsyncIterable<Value>,
  startWatch: () => RightWatch,
  finish: (error: TRPCError | undefined) => TRPCError | undefined | Promise<TRPCError | undefined>,
): AsyncGenerator<Value> {
  const right = startWatch();
  let failure: TRPCError | undefined;
  let isFinished = false;
  try {
    for await (const value of stream) {
      if (right.refusal()) break;
      yield value;
    }
    if (right.refusal()) throw right.refusal();
    isFinished = true;
    const unaudited = await finish(undefined);
    if (unaudited) throw unaudited;
  } catch (thrown) {
    failure = toTrpcError(thrown);
    throw failure;
  } finally {
    right.stop();
    if (!isFinished) await finish(failure);
  }
}
