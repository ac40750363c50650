import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../define.ts";
import { t } from "../trpc/init.ts";
import { createTestContext } from "../trpc/test-context.ts";
import { toWatchMark } from "./job-reads.ts";
import { createGate, openTestQueues, type TestQueues } from "./queue.fixture.ts";
import { createQueueRouter } from "./queue.router.ts";
import type { JobDetail } from "./queue.schema.ts";
import type { Queue } from "./queue.service.ts";

const gates = { started: createGate(), ends: createGate() };
const held = defineJob({
  name: "watch.held",
  queue: "watch",
  input: z.object({}),
  run: async () => {
    gates.started.open();
    await gates.ends.opened;
    return "done";
  },
});

let queues: TestQueues;
let queue: Queue;
beforeAll(async () => {
  queues = await openTestQueues();
  queue = await queues.start([held]);
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

/** Events of one stream, as `[mark, state]`; another stream goes on after `lastEventId`. */
async function* watch(id: string, lastEventId?: string): AsyncGenerator<readonly [string, JobDetail["state"]]> {
  const { context } = createTestContext({ role: "viewer" });
  const caller = t.createCallerFactory(createQueueRouter(queue))(context);
  const events = (await caller.jobs.watch({ id, lastEventId })) as unknown as AsyncIterable<[string, JobDetail]>;
  for await (const [mark, job] of events) yield [mark, job.state];
}

test("a stream that goes on where another broke tells what changed since, and nothing twice", async () => {
  const { id } = await queue.enqueue({ name: held.name, input: {} });
  await gates.started.opened;
  const first = watch(id);
  let [mark, state] = (await first.next()).value as readonly [string, string];
  while (state !== "executing") [mark, state] = (await first.next()).value as readonly [string, string];
  await first.return(undefined);

  const second = watch(id, mark);
  const next = second.next();
  gates.ends.open();
  const seen = [(await next).value as readonly [string, string]];
  for await (const event of second) seen.push(event);
  expect(seen.map(([known]) => known)).not.toContain(mark);
  expect(seen.at(-1)?.[1]).toBe("completed");

  const [end] = seen.at(-1) ?? [];
  const third: unknown[] = [];
  for await (const event of watch(id, end)) third.push(event);
  expect(third).toEqual([]);
});

test("how long a job has been running is no change, what it reports is", async () => {
  const { id } = await queue.enqueue({ name: held.name, input: {} });
  const job = await queue.get(id);
  expect(toWatchMark({ ...job, durationMs: 1 })).toBe(toWatchMark({ ...job, durationMs: 2 }));
  expect(toWatchMark({ ...job, progress: 0.1 })).not.toBe(toWatchMark({ ...job, progress: 0.2 }));
});
