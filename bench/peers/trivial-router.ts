import type { initTRPC } from "@trpc/server";

/** One query that does nothing, made with that copy of tRPC. */
export function createTrivialRouter(trpc: typeof initTRPC) {
  const t = trpc.create();
  return t.router({ ping: t.procedure.query(() => ({ done: true })) });
}
