import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createRefusals, type Refusals } from "./refusals.ts";

const MINUTE_MS = 60_000;

function setup(maxCallers?: number) {
  const clock = createFakeClock();
  const refusals = createRefusals({ clock, ...(maxCallers === undefined ? {} : { maxCallers }) });
  return { clock, refusals, refuse: (key: string) => refusals.record(key, clock.monotonicMs()) };
}

const keysOf = (refusals: Refusals): string[] => refusals.read().map(({ key }) => key);
const find = (refusals: Refusals, key: string) => refusals.read().find((caller) => caller.key === key);

test("a caller is told with how often and when it was refused", async () => {
  const { clock, refusals, refuse } = setup();
  for (const _ of [1, 2, 3]) refuse("user:1");
  await clock.advance(2500);
  for (const _ of [1, 2]) refuse("user:1");
  refuse("user:2");
  const first = find(refusals, "user:1");
  expect(first?.lastMs).toBe(clock.now().getTime());
  expect(first?.refused()).toBe(5);
  expect(first?.refusedPerSecond()).toBe(0.5);
  expect(find(refusals, "user:2")?.refused()).toBe(1);
});

test("per second counts the last ten, and the sum the last 15 minutes, to a minute", async () => {
  const { clock, refusals, refuse } = setup();
  refuse("user:1");
  await clock.advance(10_000);
  expect(find(refusals, "user:1")?.refusedPerSecond()).toBe(0);
  await clock.advance(14 * MINUTE_MS);
  refuse("user:1");
  expect(find(refusals, "user:1")?.refused()).toBe(2);
  await clock.advance(2 * MINUTE_MS);
  expect(find(refusals, "user:1")?.refused()).toBe(1);
});

test("whoever was refused last 15 minutes ago is forgotten", async () => {
  const { clock, refusals, refuse } = setup();
  refuse("user:1");
  await clock.advance(MINUTE_MS);
  refuse("user:2");
  await clock.advance(14 * MINUTE_MS - 1);
  expect(keysOf(refusals)).toEqual(["user:1", "user:2"]);
  await clock.advance(1);
  expect(keysOf(refusals)).toEqual(["user:2"]);
});

test("with too many, the one refused longest ago goes, however often that was", () => {
  const { refusals, refuse } = setup(3);
  for (const key of ["a", "a", "a", "b", "c", "b", "a", "d"]) refuse(key);
  expect(keysOf(refusals)).toEqual(["b", "a", "d"]);
  expect(find(refusals, "a")?.refused()).toBe(4);
});

test("a jump of the wall clock neither forgets nor keeps anybody", async () => {
  const { clock, refusals, refuse } = setup();
  refuse("user:1");
  clock.jump(3_600_000);
  expect(find(refusals, "user:1")?.refused()).toBe(1);
  clock.jump(-7_200_000);
  await clock.advance(15 * MINUTE_MS);
  expect(keysOf(refusals)).toEqual([]);
});

test("200,000 addresses that are refused leave the last 1,000, and take little time", () => {
  const { refusals, refuse } = setup();
  const started = performance.now();
  for (let index = 0; index < 200_000; index += 1) refuse(`address:198.51.${index >> 8}.${index & 255}`);
  // A hundred times what it takes: a search through all callers for each refusal would take as long.
  expect(performance.now() - started).toBeLessThan(10_000);
  const keys = keysOf(refusals);
  expect(keys).toHaveLength(1000);
  expect(keys[0]).toBe("address:198.51.777.88");
  expect(keys.at(-1)).toBe("address:198.51.781.63");
});
