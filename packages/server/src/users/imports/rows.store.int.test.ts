import { openTestDatabase } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createSystemClock } from "../../platform/clock.ts";
import { createIds } from "../../platform/ids.ts";
import { CHUNK_ROWS } from "./chunks.ts";
import { insertImport } from "./imports.store.ts";
import { insertRows, markRepeats, selectRows, setProblems, setUsers } from "./rows.store.ts";

const ROWS = 10_000;
/** It takes a tenth of this. Comparing all rows with all takes a minute, and the database gives up before. */
const WORK_MAX_MS = 5000;
const clock = createSystemClock();
const ids = createIds(clock);

test("an import that the statistics do not know costs no more than one that they know", async () => {
  await using database = await openTestDatabase();
  const { pool } = database;
  const userId = ids.uuid();
  await pool.query("INSERT INTO users (id, email, name) VALUES ($1, 'a@desk.test', 'A')", [userId]);
  for (let made = 0; made < 2; made += 1) {
    const id = ids.uuid();
    const by = { createdBy: userId, createdByEmail: "a@desk.test", createdByRole: "owner" } as const;
    await insertImport(pool, { id, fileName: "a.csv", ...by });
    const startedMs = clock.monotonicMs();
    for (let at = 0; at < ROWS; at += CHUNK_ROWS) {
      const lines = Array.from({ length: CHUNK_ROWS }, (_, n) => at + n + 2);
      // Of each pair the second has the address of the first.
      const rows = lines.map((line) => ({ line, cells: [`p${Math.floor(line / 2)}@desk.test`] }));
      await insertRows(pool, id, rows);
      await setProblems(
        pool,
        id,
        lines.map((line) => ({ line, problem: null })),
      );
      await setUsers(
        pool,
        id,
        lines.map((line) => ({ line, userId })),
      );
    }
    expect(await markRepeats(pool, id, 0)).toBe(ROWS / 2);
    expect(clock.monotonicMs() - startedMs).toBeLessThan(WORK_MAX_MS);
    const [first, second] = await selectRows(pool, id, 0, 2);
    expect(first?.problem).toBeNull();
    expect(second?.problem).toBe("The address stands on line 2 already.");
    // From here on every row that the planner knows is of the first import.
    await database.asOwner("VACUUM ANALYZE user_import_row");
  }
});
