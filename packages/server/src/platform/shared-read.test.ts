import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createSharedRead } from "./shared-read.ts";

test("readers of the same moment share one load, later ones start another", async () => {
  const clock = createFakeClock();
  let loads = 0;
  const read = createSharedRead({ clock, maxAgeMs: 1000, load: async () => (loads += 1) });
  expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
  await clock.advance(999);
  expect(await read()).toBe(1);
  await clock.advance(1);
  expect(await read()).toBe(2);
});

test("a failed load is not kept", async () => {
  const clock = createFakeClock();
  let loads = 0;
  const read = createSharedRead({
    clock,
    maxAgeMs: 1000,
    load: async () => {
      loads += 1;
      if (loads === 1) throw new Error("down");
      return loads;
    },
  });
  await expect(read()).rejects.toThrow("down");
  expect(await read()).toBe(2);
});
