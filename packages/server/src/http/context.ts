import type { IncomingMessage, ServerResponse } from "node:http";
import type { Chain } from "../middleware/chain.ts";
import type { Clock } from "../platform/clock.ts";
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
  ) => Promise<Principal | undefined>;
}

const USER_AGENT_MAX = 300;

/** Makes the context of one HTTP request. Who calls is looked up when first asked for, and once. */
export function createContextFactory(deps: ContextDeps): (req: IncomingMessage, res: ServerResponse) => Context {
  return (req, res) => {
    const requestId = deps.ids.uuid();
    const address = deps.addressOf(req);
    const userAgent = (req.headers["user-agent"] ?? "").slice(0, USER_AGENT_MAX);
    const from = { address, userAgent };
    const left = new AbortController();
    res.once("close", () => {
      if (!res.writableFinished) left.abort();
    });
    res.setHeader("x-request-id", requestId);
    let identity: Promise<Principal | undefined> | undefined;
    return {
      requestId,
      address,
      userAgent,
      startedMs: deps.clock.monotonicMs(),
      signal: left.signal,
      log: deps.logger.child({ requestId, address }),
      chain: deps.chain,
      identify: () => (identity ??= deps.identify(req, undefined, from)),
      identifyAgain: (how) => deps.identify(req, how, from),
      setHeader: (name, value) => {
        if (!res.headersSent) res.setHeader(name, value);
      },
    };
  };
}
