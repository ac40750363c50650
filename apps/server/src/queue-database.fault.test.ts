import { rmSync } from "node:fs";
import { changeInDatabaseOf, createRandom, killPostgres, makeDataDir } from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  LEDGER,
  pickHolds,
  startDesk,
  startFaultChild,
  WRONG_EFFECTS,
  type Desk,
  type FaultChild,
  type HoldAt,
} from "./queue-fault.fixture.ts";

// The database is killed under a process that holds ten jobs, which stays up and comes back to it.

const ROUNDS = 10;
const NEIGHBOURS = 20;
const RECOVERY_MS = 10_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = createRandom(seed);
const dataDir = makeDataDir();
const env = { SWITCHBOARD_DATA_DIR: dataDir };
/** What had committed stays committed and is not run again; what was inside of its transaction is undone by the crash. */
const ATTEMPTS_FIT: Readonly<Record<HoldAt, (attempts: number) => boolean>> = {
  before: (attempts) => attempts >= 1,
  inside: (attempts) => attempts > 1,
  after: (attempts) => attempts === 1,
};
let desk: Desk;
let child: FaultChild;

beforeAll(async () => {
  console.log(`SEED=${seed}`);
  desk = await startDesk(env);
  await inDatabase(LEDGER);
  await inDatabase("GRANT ALL ON effect_ledger TO PUBLIC");
  child = await startFaultChild(env);
});

afterAll(async () => {
  await child?.kill();
  await desk?.[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** As its owner. Answers how many rows it concerned or found. */
const inDatabase = (sql: string, values: readonly unknown[] = []): Promise<number> =>
  changeInDatabaseOf({ dataDir }, sql, values);

/** Asks again while the database is on its way back. */
async function untilAnswered<Value>(ask: () => Promise<Value>): Promise<Value> {
  const giveUpMs = performance.now() + 20_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
    }
  }
}

/** Stored, and acknowledged unless the kill came first: then nothing is promised but that it runs at most once. */
const storeInARace = async (): Promise<string[]> => {
  const inputs = Array.from({ length: NEIGHBOURS }, () => ({}));
  const stored = await desk.queue.enqueueMany({ name: "crash.effect", inputs }).catch(() => ({ ids: [] }));
  return stored.ids;
};

test(`${ROUNDS} kills of Postgres: one effect for each acknowledged job, all run again within 10 s`, async () => {
  const acknowledged: string[] = [];
  let heldBefore = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const holds = pickHolds(random);
    const inputs = holds.map((holdAt) => ({ holdAt }));
    const { ids: held } = await desk.queue.enqueueMany({ name: "crash.effect", inputs });
    const waiting = await storeInARace();
    expect(waiting).toHaveLength(NEIGHBOURS);
    heldBefore += held.length;
    await child.lines("held", heldBefore);
    const racing = storeInARace();
    killPostgres(dataDir);
    child.release();
    const ids = [...held, ...waiting, ...(await racing)];
    acknowledged.push(...ids);

    const first = held[0] ?? "";
    await untilAnswered(() => desk.queue.result({ id: first, waitMs: 0 }));
    const backMs = performance.now();
    for (const id of ids) {
      const { state, error } = await untilAnswered(() => desk.queue.result({ id, waitMs: RECOVERY_MS }));
      expect({ round, id, state, error }).toEqual({ round, id, state: "completed", error: null });
    }
    expect(performance.now() - backMs, `round ${round}`).toBeLessThan(RECOVERY_MS);
    const attempts = await Promise.all(held.map(async (id) => (await desk.queue.get(id)).attempts));
    const wrong = attempts.filter((count, index) => !ATTEMPTS_FIT[holds[index] ?? "before"](count));
    expect({ round, holds, attempts, wrong }).toEqual({ round, holds, attempts, wrong: [] });
    expect(await inDatabase(WRONG_EFFECTS, [acknowledged]), `round ${round}`).toBe(0);
    // Also of those whose acknowledgement was lost.
    const doubled = "SELECT FROM effect_ledger GROUP BY job_id HAVING count(*) > 1";
    expect(await inDatabase(doubled), `round ${round}`).toBe(0);
  }
  console.log(`${acknowledged.length} jobs were acknowledged`);
});
