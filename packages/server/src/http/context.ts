import type { IncomingMessage, ServerResponse } from "node:http";
import type { DirectAnswer } from "@switchboard/trpc-fast-lane";
import type { Chain } from "../middleware/chain.ts";
import type { Clock } from "../platform/clock.ts";
import { createCallerSignal, type CallerSignal } from "../platform/deadline.ts";
import type { Ids } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { Context, Principal } from "../trpc/context.ts";

export interface ContextDeps {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly addressOf: (req: IncomingMessage) => string;
  readonly identify: (
    req: IncomingMessage,
    how: "fresh" | undefined,
    from: Pick<Context, "address" | "userAgent">,
  ) => Promise<Found>;
  /** Who calls, where that is known without a look-up. */
  readonly recall: (req: IncomingMessage, from: Pick<Context, "address" | "userAgent">) => Found;
}

type Found = Principal | undefined;

const USER_AGENT_MAX = 300;

/** `direct` is undefined for what the fast lane does not answer itself. */
export type CreateContext = (req: IncomingMessage, res: ServerResponse, direct?: DirectAnswer) => Context;

/** Makes the context of one HTTP request. Who calls is looked up when first asked for, and once. */
export function createContextFactory(deps: ContextDeps): CreateContext {
  return (req, res, direct) => {
    const requestId = deps.ids.uuid();
    const address = deps.addressOf(req);
    const userAgent = (req.headers["user-agent"] ?? "").slice(0, USER_AGENT_MAX);
    const from = { address, userAgent };
    const setHeader = (name: string, value: string): void => {
      if (direct) direct.setHeader(name, value);
      else if (!res.headersSent) res.setHeader(name, value);
    };
    setHeader("x-request-id", requestId);
    let identity: Found | Promise<Found>;
    return {
      requestId,
      address,
      userAgent,
      signal: watchCaller(res),
      log: deps.logger.child({ requestId, address }),
      chain: deps.chain,
      carriesJsonText: direct !== undefined,
      identify: () => (identity ??= deps.recall(req, from) ?? deps.identify(req, undefined, from)),
      identifyAgain: (how) => deps.identify(req, how, from),
      setHeader,
    };
  };
}

function watchCaller(res: ServerResponse): CallerSignal {
  const left = createCallerSignal();
  res.on("close", () => {
    if (!res.writableFinished) left.leave();
  });
  return left;
}
