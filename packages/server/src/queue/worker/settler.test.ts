import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createLogger } from "../../platform/logger.ts";
import type { Engine, Settlement } from "../engine.ts";
import { createSettler } from "./settler.ts";

const settlement = (id: string): Settlement => ({
  id,
  number: 1,
  logs: [],
  progress: null,
  verdict: { outcome: "completed", output: null },
});

function create(settle: Engine["settle"]) {
  const clock = createFakeClock();
  const gaveUp = new AbortController();
  const engine = { settle, handBack: async () => undefined, saveNotes: async () => undefined };
  const settler = createSettler({
    engine,
    queue: "q",
    processId: "p",
    clock,
    logger: createLogger("silent"),
    signal: gaveUp.signal,
  });
  return { clock, settler, gaveUp };
}

test("what gathers while one statement runs goes with the next, and fenced claims are told apart", async () => {
  const batches: string[][] = [];
  const { settler } = create(async (_, __, settlements) => {
    batches.push(settlements.map(({ id }) => id));
    return settlements.map(({ id }) => id).filter((id) => id !== "c");
  });
  expect(await Promise.all(["a", "b", "c"].map((id) => settler.settle(settlement(id))))).toEqual([true, true, false]);
  expect(batches).toEqual([["a"], ["b", "c"]]);
  await settler.idle();
});

test("a settlement survives a database that is away for a while", async () => {
  let isAway = true;
  const { settler, clock } = create(async (_, __, settlements) => {
    if (isAway) throw new Error("connection lost");
    return settlements.map(({ id }) => id);
  });
  const settled = settler.settle(settlement("a"));
  await clock.advance(5000);
  isAway = false;
  await clock.advance(2000);
  expect(await settled).toBe(true);
});

test("what Postgres refuses to store fails its own job and none of the others", async () => {
  const stored = new Map<string, Settlement>();
  const { settler } = create(async (_, __, settlements) => {
    if (settlements.some(({ id, verdict }) => id === "bad" && verdict.outcome === "completed")) {
      throw Object.assign(new Error("unsupported Unicode escape sequence"), { code: "22P05" });
    }
    for (const settlement of settlements) stored.set(settlement.id, settlement);
    return settlements.map(({ id }) => id);
  });
  expect(await Promise.all(["a", "bad", "b"].map((id) => settler.settle(settlement(id))))).toEqual([true, true, true]);
  expect(stored.get("b")?.verdict.outcome).toBe("completed");
  expect(stored.get("bad")?.verdict).toMatchObject({ outcome: "failed", error: { name: "OUTPUT_REFUSED" } });
});

test("a process that gives up leaves what it could not write", async () => {
  const { settler, gaveUp, clock } = create(() => Promise.reject(new Error("connection lost")));
  const settled = [settler.settle(settlement("a")), settler.settle(settlement("b"))];
  gaveUp.abort();
  expect(await Promise.all(settled)).toEqual([false, false]);
  await settler.idle();
  expect(clock.pendingCount()).toBe(0);
});
