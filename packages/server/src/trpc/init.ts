import { initTRPC } from "@trpc/server";
import { describeError } from "./error-formatter.ts";
import type { Context } from "./context.ts";
import type { ProcedureMeta } from "./meta.ts";

export const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
    errorFormatter: ({ shape, error, ctx }) => {
      const requestId = ctx?.requestId ?? "unknown";
      const { message, app } = describeError(error, requestId);
      return { ...shape, message, data: { ...shape.data, requestId, app } };
    },
  });

export const router = t.router;

/**
 * What a tracked subscription yields. The emitted type of the router names it, and can only do so through a public path.
 * @public
 */
export type { TrackedData } from "@trpc/server/unstable-core-do-not-import";
