import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import { requirePrincipal } from "../trpc/ranks.ts";
import {
  cachedInput,
  cachedOutput,
  fanOutInput,
  fanOutOutput,
  fastOutput,
  flakyInput,
  flakyOutput,
  limitedInput,
  limitedOutput,
  pooledInput,
  pooledOutput,
  rateLimitedOutput,
  runIdInput,
  runSchema,
  runsOutput,
  runStartInput,
  slowInput,
  slowOutput,
} from "./lab.schema.ts";
import type { Lab } from "./lab.service.ts";

const open = { access: "public", limit: "lab" } as const;

export function createLabRouter(lab: Lab) {
  return router({
    fast: procedure
      .meta({ ...open, description: "Answers at once." })
      .output(fastOutput)
      .query(() => lab.fast()),
    slow: procedure
      .meta({ ...open, description: "Answers after a delay, 1.5 s by default; the slow-call log has it." })
      .input(slowInput.prefault({}))
      .output(slowOutput)
      .query(({ ctx, input }) => lab.slow(input, ctx.signal)),
    fanOut: procedure
      .meta({
        ...open,
        description: "Waits for several branches at once, with one deadline that cancels them together.",
      })
      .input(fanOutInput.prefault({}))
      .output(fanOutOutput)
      .query(({ ctx, input }) => lab.fanOut(input, ctx.signal)),
    limited: procedure
      .meta({ ...open, description: "Runs tasks of which at most 10 are under way, whoever asked for them." })
      .input(limitedInput.prefault({}))
      .output(limitedOutput)
      .query(({ ctx, input }) => lab.limited(input, ctx.signal)),
    flaky: procedure
      .meta({
        ...open,
        description: "Fails at random and retries with backoff and jitter; 502 when every attempt failed.",
      })
      .input(flakyInput.prefault({}))
      .output(flakyOutput)
      .query(({ ctx, input }) => lab.flaky(input, ctx.signal)),
    cached: procedure
      .meta({ ...open, description: "Reads from the database and then, for 30 s, from the cache; says which." })
      .input(cachedInput.prefault({}))
      .output(cachedOutput)
      .query(({ input }) => lab.cached(input.key)),
    pooledQueries: procedure
      .meta({ ...open, description: "Runs database queries of which at most 5 are under way." })
      .input(pooledInput.prefault({}))
      .output(pooledOutput)
      .query(({ ctx, input }) => lab.pooledQueries(input, ctx.signal)),
    rateLimited: procedure
      .meta({ ...open, description: "Allows 50 calls in any 10 s per address; says how many are left." })
      .output(rateLimitedOutput)
      .query(({ ctx }) => lab.rateLimited(ctx.address)),
    runs: router({
      start: procedure
        .meta({
          access: "operator",
          limit: "write",
          description: "Starts a load run against a lab procedure of this server.",
        })
        .input(runStartInput)
        .output(runSchema)
        .mutation(({ ctx, input }) => {
          const run = lab.runs.start(input, requirePrincipal(ctx.principal).email);
          ctx.note({ targetType: "labRun", targetId: run.id, after: input });
          return run;
        }),
      stop: procedure
        .meta({ access: "operator", limit: "write", description: "Stops a load run." })
        .input(runIdInput)
        .output(runSchema)
        .mutation(({ ctx, input }) => {
          ctx.note({ targetType: "labRun", targetId: input.id });
          return lab.runs.stop(input.id);
        }),
      list: procedure
        .meta({
          access: "operator",
          limit: "read",
          description: "The last 20 load runs of this process, newest first.",
        })
        .output(runsOutput)
        .query(() => ({ items: lab.runs.list() })),
      get: procedure
        .meta({ access: "operator", limit: "read", description: "A load run, each second until it is over." })
        .input(runIdInput)
        .subscription(({ ctx, input }) => lab.runs.watch(input.id, ctx.signal)),
    }),
  });
}
