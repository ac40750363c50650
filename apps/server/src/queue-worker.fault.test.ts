import { createRandom, openTestDatabase } from "@switchboard/testing";
import { describe, test, type ExpectStatic } from "vitest";
import {
  LEDGER,
  pickHolds,
  spawnFaultChild,
  startDesk,
  startFaultChild,
  WRONG_EFFECTS,
  type Desk,
  type FaultChild,
  type FaultEnvironment,
} from "./queue-fault.fixture.ts";

// What becomes of jobs when the processes that run them are killed or frozen. Each effect is one line in a ledger, written in the
// transaction that completes its job.

const LANES = 5;
const ROUNDS_PER_LANE = 6;
const NEIGHBOURS = 20;
const RECOVERY_MS = 10_000;
const CANCELS = 20;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
console.log(`SEED=${seed}`);

type Database = Awaited<ReturnType<typeof openTestDatabase>>;
interface Scene extends AsyncDisposable {
  readonly database: Database;
  readonly env: FaultEnvironment;
  readonly desk: Desk;
}

async function openScene(): Promise<Scene> {
  const database = await openTestDatabase();
  await database.asOwner(LEDGER);
  await database.asOwner("GRANT ALL ON effect_ledger TO PUBLIC");
  const env = { DATABASE_URL: database.url };
  const desk = await startDesk(env);
  return {
    database,
    env,
    desk,
    [Symbol.asyncDispose]: async () => {
      await desk[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function expectCompleted(expect: ExpectStatic, { queue }: Desk, ids: readonly string[], waitMs: number) {
  for (const id of ids) {
    const { state, error } = await queue.result({ id, waitMs });
    expect({ id, state, error }).toEqual({ id, state: "completed", error: null });
  }
}

async function expectOneEffectEach(expect: ExpectStatic, { database }: Scene, ids: readonly string[]) {
  const wrong = await database.pool.query(WRONG_EFFECTS, [ids]);
  expect(wrong.rows).toEqual([]);
  const all = await database.pool.query<{ n: number }>("SELECT count(*)::int AS n FROM effect_ledger");
  expect(all.rows).toEqual([{ n: ids.length }]);
}

async function attemptsOf({ database }: Scene, ids: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await database.pool.query<{ job_id: string; n: number }>(
    "SELECT job_id, max(number)::int AS n FROM job_attempt WHERE job_id = ANY ($1::uuid[]) GROUP BY job_id",
    [ids],
  );
  return new Map(rows.map(({ job_id, n }) => [job_id, n]));
}

/** Stores jobs that hold at various places and others that do not, and resolves once the process holds the former. */
async function holdTen({ desk }: Scene, child: FaultChild, random: () => number) {
  const holds = pickHolds(random);
  const { ids: held } = await desk.queue.enqueueMany({
    name: "crash.effect",
    inputs: holds.map((holdAt) => ({ holdAt })),
  });
  const { ids: waiting } = await desk.queue.enqueueMany({
    name: "crash.effect",
    inputs: Array.from({ length: NEIGHBOURS }, () => ({})),
  });
  await child.lines("held", held.length);
  return { held, holds, ids: [...held, ...waiting] };
}

// Side by side: most of their time is waiting for the lease of a dead process to end.
describe.concurrent("processes that run jobs", { timeout: 150_000 }, () => {
  test.for(Array.from({ length: LANES }, (_, lane) => lane))(
    `${ROUNDS_PER_LANE} kills of a process that holds ten jobs: one effect each, all run again within 10 s (lane %i)`,
    async (lane, { expect }) => {
      const random = createRandom(seed + lane);
      await using scene = await openScene();
      const acknowledged: string[] = [];
      let child = await startFaultChild(scene.env);
      try {
        for (let round = 0; round < ROUNDS_PER_LANE; round += 1) {
          const { held, holds, ids } = await holdTen(scene, child, random);
          acknowledged.push(...ids);
          await child.kill();
          child = await startFaultChild(scene.env);
          const readyMs = performance.now();
          await expectCompleted(expect, scene.desk, ids, RECOVERY_MS);
          expect(performance.now() - readyMs).toBeLessThan(RECOVERY_MS);
          const attempts = await attemptsOf(scene, held);
          // What had committed is done, though its process never came to say so.
          expect(held.map((id) => attempts.get(id))).toEqual(holds.map((holdAt) => (holdAt === "after" ? 1 : 2)));
          await expectOneEffectEach(expect, scene, acknowledged);
        }
      } finally {
        await child.kill();
      }
    },
  );

  test("a job that kills its process lands in the dead letter after its attempts, its neighbours finish", async ({
    expect,
  }) => {
    await using scene = await openScene();
    const { queue } = scene.desk;
    const poison = await queue.enqueue({ name: "crash.poison", input: {} });
    const { ids } = await queue.enqueueMany({
      name: "crash.effect",
      inputs: Array.from({ length: NEIGHBOURS }, () => ({})),
    });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      // It may be gone before it is ready.
      await spawnFaultChild(scene.env).exited;
    }
    await using _last = await startFaultChild(scene.env);
    const dead = await queue.result({ id: poison.id, waitMs: RECOVERY_MS });
    expect(dead).toMatchObject({ state: "discarded", error: { name: "PROCESS_LOST" } });
    const { attemptLog } = await queue.get(poison.id);
    expect(attemptLog.map(({ outcome }) => outcome)).toEqual(["lost", "lost", "lost"]);
    await expectCompleted(expect, scene.desk, ids, RECOVERY_MS);
    await expectOneEffectEach(expect, scene, ids);
  });

  test("a process that was frozen past its lease is refused: its jobs ran elsewhere, one effect each", async ({
    expect,
  }) => {
    await using scene = await openScene();
    const { queue } = scene.desk;
    await using frozen = await startFaultChild(scene.env);
    const inputs = Array.from({ length: 10 }, () => ({ holdAt: "before" }));
    const { ids } = await queue.enqueueMany({ name: "crash.effect", inputs });
    await frozen.lines("held", ids.length);
    process.kill(frozen.pid, "SIGSTOP");
    await using _other = await startFaultChild(scene.env);
    await expectCompleted(expect, scene.desk, ids, RECOVERY_MS);
    // Told to go on before it wakes: it then tries to write at the same time as it learns that it lost its jobs.
    frozen.release();
    process.kill(frozen.pid, "SIGCONT");
    const refused = await frozen.lines("refused", ids.length);
    expect(new Set(refused.map(([id]) => id))).toEqual(new Set(ids));
    await expectOneEffectEach(expect, scene, ids);
    const attempts = await attemptsOf(scene, ids);
    expect([...attempts.values()]).toEqual(ids.map(() => 2));
  });

  test("a cancel is heard by the process that runs the job", async ({ expect }) => {
    await using scene = await openScene();
    const { queue } = scene.desk;
    await using child = await startFaultChild(scene.env);
    const latenciesMs: number[] = [];
    for (let count = 1; count <= CANCELS; count += 1) {
      const { id } = await queue.enqueue({ name: "crash.endless", input: {} });
      await child.lines("running", count);
      const startedMs = performance.now();
      expect(await queue.cancel(id)).toMatchObject({ before: "executing", state: "cancelled" });
      const aborted = await child.lines("aborted", count);
      latenciesMs.push(performance.now() - startedMs);
      expect(aborted.at(-1)).toEqual([id]);
      expect(await queue.result({ id, waitMs: 0 })).toMatchObject({ state: "cancelled" });
    }
    const slowestMs = Math.max(...latenciesMs);
    console.log(`cancel to signal in another process: ${slowestMs.toFixed(1)} ms at most of ${CANCELS}`);
    // Sooner than any look of its own would tell: it was the message. bench/queue measures how soon.
    expect(slowestMs).toBeLessThan(1000);
  });
});
