import { openTestDatabase } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createLogger } from "../platform/logger.ts";
import { createQueueBus } from "./bus.ts";
import { createGate, testClock } from "./queue.fixture.ts";

test("a bus that is stopped while its connection is being made stops", async () => {
  await using database = await openTestDatabase();
  const connecting = createGate();
  const mayConnect = createGate();
  const bus = createQueueBus({
    connect: async () => {
      connecting.open();
      await mayConnect.opened;
      return database.directClient();
    },
    clock: testClock,
    logger: createLogger("silent"),
    processId: "process-1",
  });
  const giveUp = new AbortController();
  const starting = bus.start(giveUp.signal);
  await connecting.opened;

  giveUp.abort();
  await starting;
  const stopping = bus.stop();
  mayConnect.open();

  await expect(stopping).resolves.toBeUndefined();
});
