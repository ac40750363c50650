import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import {
  errorsOutput,
  nodesOutput,
  proceduresOutput,
  seriesInput,
  seriesOutput,
  slowInput,
  slowPage,
  statsRangeInput,
  summarySchema,
} from "./stats.schema.ts";
import type { Stats } from "./stats.service.ts";

export function createStatsRouter(stats: Stats) {
  return router({
    summary: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Calls, errors, latency, queue and cache of all processes in one answer.",
      })
      .input(statsRangeInput.prefault({}))
      .output(summarySchema)
      .query(({ input }) => stats.summary(input)),
    procedures: procedure
      .meta({ access: "viewer", limit: "read", description: "Calls, errors and latency of each procedure." })
      .input(statsRangeInput.prefault({}))
      .output(proceduresOutput)
      .query(({ input }) => stats.procedures(input)),
    series: procedure
      .meta({ access: "viewer", limit: "read", description: "Calls and latency over time, of all procedures or one." })
      .input(seriesInput.prefault({}))
      .output(seriesOutput)
      .query(({ input }) => stats.series(input)),
    slow: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Calls that took longer than their threshold, newest first, of the last 24 hours.",
      })
      .input(slowInput.prefault({}))
      .output(slowPage)
      .query(({ input }) => stats.slow(input)),
    errors: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Codes that procedures refused or failed with, most recent first.",
      })
      .input(statsRangeInput.prefault({}))
      .output(errorsOutput)
      .query(({ input }) => stats.errors(input)),
    nodes: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Processes that are alive, with their memory and event loop delay.",
      })
      .output(nodesOutput)
      .query(() => stats.nodes()),
    live: procedure
      .meta({ access: "viewer", limit: "read", description: "The summary, each second." })
      .input(statsRangeInput.prefault({}))
      .subscription(({ ctx, input }) => stats.live(input, ctx.signal)),
  });
}
