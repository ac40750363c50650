import { expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createIds } from "../../platform/ids.ts";
import { openTestQueues } from "../queue.fixture.ts";
import { actOnItems, undoItems, type ItemResult } from "./items.store.ts";

const ITEMS = 10_000;
const CHUNK = 500;
/** An undo takes a fifth of this. Comparing all items with all takes half a minute. */
const UNDO_MAX_MS = 12_000;
const clock = createSystemClock();
const ids = createIds(clock);
const job = defineJob({ name: "load.run", queue: "load", input: z.object({ n: z.number() }), run: () => null });

test("the undo of an act that the statistics do not know costs no more than of one that they know", async () => {
  await using queues = await openTestQueues();
  const web = await queues.start([job], { role: "web" });
  const { pool } = queues.database;
  for (let act = 0; act < 2; act += 1) {
    const inputs = Array.from({ length: ITEMS }, (_, n) => ({ n }));
    const stored = await web.enqueueMany({ name: "load.run", inputs, delayMs: 3_600_000 });
    const bulkId = ids.uuid();
    await pool.query(
      "INSERT INTO bulk_action (id, act, as_of, state, total, created_by) VALUES ($1, 'cancel', now(), 'running', $2, 'test')",
      [bulkId, ITEMS],
    );
    await pool.query(
      `INSERT INTO bulk_item (bulk_id, ordinal, job_id, name, queue, state)
       SELECT $1, ordinal, job_id, 'load.run', 'load', 'pending' FROM unnest($2::uuid[]) WITH ORDINALITY AS i (job_id, ordinal)`,
      [bulkId, stored.ids],
    );
    const inChunks = async (run: typeof actOnItems): Promise<ItemResult[]> => {
      const results: ItemResult[] = [];
      for (let at = 0; at < ITEMS; at += CHUNK) {
        const chunk = stored.ids.slice(at, at + CHUNK);
        const items = chunk.map((jobId, n) => ({ ordinal: at + n + 1, jobId, queue: "load" }));
        results.push(...(await run(pool, bulkId, "cancel", items)));
      }
      return results;
    };
    expect((await inChunks(actOnItems)).filter(({ isDone }) => isDone)).toHaveLength(ITEMS);
    const startedMs = clock.monotonicMs();
    expect((await inChunks(undoItems)).filter(({ isDone }) => isDone)).toHaveLength(ITEMS);
    expect(clock.monotonicMs() - startedMs).toBeLessThan(UNDO_MAX_MS);
    // From here on every item that the planner knows is of the first act.
    await queues.database.asOwner("VACUUM ANALYZE bulk_item");
  }
}, 60_000);
