import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { defineJob, type JobDefinition, type JobOptions } from "./define.ts";

const none = z.object({});
const define = (options: Partial<JobOptions<typeof none, z.ZodType, z.ZodType>>) =>
  defineJob({ name: "a.b", input: none, run: () => null, ...options });

test("what is not given is safe", () => {
  expect(define({})).toMatchObject({
    queue: "default",
    priority: 0,
    timeoutMs: 60_000,
    retry: { attempts: 5, backoffMs: 1000, maxDelayMs: 60_000, jitter: 0.2 },
    concurrency: { perProcess: 10, global: undefined, perKey: undefined },
    rateLimit: undefined,
    redact: [],
    hasDiscardHook: false,
  });
});

test("what is given is kept, its functions included", () => {
  const retryable = (): boolean => false;
  const key = (): string => "k";
  const job = define({
    retry: { attempts: 2, retryable },
    concurrency: { global: 3, perKey: 1 },
    rateLimit: { limit: 10, perMs: 1000 },
    dedupe: { key, windowMs: 1000 },
    cron: { expression: "0 3 * * *", timeZone: "Europe/Vienna", input: {} },
    redact: ["user.token", "items.*.secret"],
    onDiscard: () => undefined,
  });
  expect(job).toMatchObject({
    retry: { attempts: 2, backoffMs: 1000, retryable },
    concurrency: { perProcess: 10, global: 3, perKey: 1 },
    rateLimit: { limit: 10, perMs: 1000 },
    dedupe: { key, windowMs: 1000 },
    cron: { expression: "0 3 * * *", timeZone: "Europe/Vienna", input: {} },
    redact: ["user.token", "items.*.secret"],
    hasDiscardHook: true,
  });
});

test.each<[string, Partial<JobOptions<typeof none, z.ZodType, z.ZodType>>]>([
  ["a name without a dot", { name: "plain" }],
  ["no attempt", { retry: { attempts: 0 } }],
  ["a limit of none", { concurrency: { global: 0 } }],
  ["half a job per key", { concurrency: { perKey: 0.5 } }],
  ["a rate over less than 100 ms", { rateLimit: { limit: 1, perMs: 99 } }],
  ["a rate of nothing", { rateLimit: { limit: 0, perMs: 1000 } }],
  ["a window of nothing", { dedupe: { key: () => "k", windowMs: 0 } }],
  ["an empty part in a path", { redact: ["user..token"] }],
])("%s is refused when it is declared", (_, options) => {
  expect(() => define(options)).toThrow(z.ZodError);
});

describe("types", () => {
  test("a run sees its input, its progress and what it may return", () => {
    const child = defineJob({ name: "a.child", input: z.object({ n: z.number() }), run: () => null });
    const job = defineJob({
      name: "a.typed",
      input: z.object({ at: z.string().transform(Number) }),
      output: z.object({ sum: z.number() }),
      progress: z.object({ row: z.number() }),
      run: async ({ input, progress, enqueue, tx }) => {
        expectTypeOf(input).toEqualTypeOf<{ at: number }>();
        expectTypeOf(progress).toBeCallableWith(0.5);
        expectTypeOf(progress).toBeCallableWith(0.5, { row: 1 });
        // @ts-expect-error: a row has a number
        const _progressWrong = () => progress(0.5, { row: "1" });
        // @ts-expect-error: the input of the child has a number
        const _enqueueWrong = () => enqueue(child, { n: "1" });
        // @ts-expect-error: what the transaction returns is the output
        const _txWrong = () => tx(async () => ({ sum: "1" }));
        return tx(async (db) => {
          expectTypeOf((await db.query<{ n: number }>("SELECT 1 AS n")).rows).toEqualTypeOf<{ n: number }[]>();
          return { sum: 1 };
        });
      },
      onDiscard: ({ input }) => {
        expectTypeOf(input).toEqualTypeOf<{ at: number }>();
      },
      dedupe: { key: ({ at }) => at },
    });
    const plain = defineJob({
      name: "a.plain",
      input: none,
      run: ({ progress }) => {
        // @ts-expect-error: without a schema there is no data
        const _progressWrong = () => progress(0.5, { row: 1 });
        return null;
      },
    });
    expectTypeOf([job, child, plain]).toExtend<readonly JobDefinition[]>();
    // @ts-expect-error: the output has a number
    const _wrong = () => defineJob({ name: "a.wrong", input: none, output: z.number(), run: () => "1" });
    expect([job.name, plain.name]).toEqual(["a.typed", "a.plain"]);
  });
});
