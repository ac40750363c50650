import { openTestDatabase } from "@switchboard/testing";
import { createSystemClock } from "../platform/clock.ts";
import { createIds } from "../platform/ids.ts";
import { createLogger } from "../platform/logger.ts";
import { createQueue, type Queue, type QueueOptions } from "./queue.service.ts";

type Database = Awaited<ReturnType<typeof openTestDatabase>>;

/** One database and the queues that a test starts on it, as processes would share it. */
export interface TestQueues extends AsyncDisposable {
  readonly database: Database;
  start(definitions: QueueOptions["definitions"], options?: Partial<QueueOptions>): Promise<Queue>;
}

export const testClock = createSystemClock();
export const testIds = createIds(testClock);

export async function openTestQueues(): Promise<TestQueues> {
  const database = await openTestDatabase();
  const queues: Queue[] = [];
  return {
    database,
    start: async (definitions, options = {}) => {
      const queue = createQueue({
        database,
        clock: testClock,
        ids: testIds,
        logger: createLogger("silent"),
        definitions,
        processId: testIds.uuid(),
        role: "all",
        version: "0.0.0",
        timings: { graceMs: 50, abortGraceMs: 50 },
        ...options,
      });
      queues.push(queue);
      await queue.start(new AbortController().signal);
      return queue;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(queues.map((queue) => queue.stop()));
      await database[Symbol.asyncDispose]();
    },
  };
}

/** What a job's handler tells a test, and what the test tells it. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
