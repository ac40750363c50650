import { openTestDatabase } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createSystemClock } from "../platform/clock.ts";
import { createIds } from "../platform/ids.ts";
import { t } from "../trpc/init.ts";
import { createTestContext } from "../trpc/test-context.ts";
import { createLabRouter } from "./lab.router.ts";
import { createLab } from "./lab.service.ts";

test("anybody calls the lab without any input; runs are for operators", async () => {
  await using database = await openTestDatabase();
  const clock = createSystemClock();
  const kept = new Map<string, unknown>();
  const lab = createLab({
    database,
    clock,
    ids: createIds(clock),
    cache: {
      getOrLoad: async (key, load) => {
        if (kept.has(key)) return { value: kept.get(key) as never, source: "cache" };
        const value = await load();
        kept.set(key, value);
        return { value, source: "load" };
      },
    },
    limits: { peekPrincipal: () => ({ remaining: 49, resetMs: 10_000 }) },
    baseUrl: () => "http://127.0.0.1:1",
  });
  const createCaller = t.createCallerFactory(createLabRouter(lab));
  const anybody = createCaller(createTestContext().context);
  expect(await anybody.fast()).toMatchObject({ message: expect.any(String) });
  expect(await anybody.slow({ delayMs: 1 })).toMatchObject({ waitedMs: expect.any(Number) });
  expect((await anybody.fanOut({ delayMs: 1 })).results).toHaveLength(5);
  expect(await anybody.limited({ delayMs: 1 })).toMatchObject({ limit: 10, peak: 10 });
  expect(await anybody.flaky({ failureRate: 0 })).toEqual({ attempts: 1, ok: true });
  expect(await anybody.pooledQueries()).toMatchObject({ queries: 20, limit: 5, peak: 5 });
  expect(await anybody.rateLimited()).toEqual({ remaining: 49, resetMs: 10_000 });
  const loaded = await anybody.cached();
  expect(loaded).toMatchObject({ source: "database", data: { key: "lab" } });
  expect(await anybody.cached()).toEqual({ ...loaded, source: "cache" });

  const input = { procedure: "lab.fast" } as const;
  await expect(anybody.runs.start(input)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  await expect(createCaller(createTestContext({ role: "viewer" }).context).runs.list()).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  const { context, audited } = createTestContext({ role: "operator" });
  const operator = createCaller(context);
  const { id } = await operator.runs.start(input);
  expect(await operator.runs.stop({ id })).toMatchObject({ id, state: "stopped", startedBy: "operator@example.com" });
  expect(audited.map((entry) => entry.note.targetId)).toEqual([id, id]);
  await lab.stop();
});
