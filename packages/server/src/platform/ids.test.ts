import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Clock } from "./clock.ts";
import { createIds } from "./ids.ts";

function createIdsAt(readings: readonly number[]) {
  let index = 0;
  const now = (): Date => new Date(readings[Math.min(index++, readings.length - 1)] ?? 0);
  return createIds({ now } as unknown as Clock);
}

describe("createIds", () => {
  it("makes UUIDs of version 7 that carry the time", () => {
    const id = createIdsAt([Date.parse("2026-11-23T10:00:00Z")]).uuid();
    expect(z.uuid({ version: "v7" }).safeParse(id).success).toBe(true);
    expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(Date.parse("2026-11-23T10:00:00Z"));
  });

  it("sorts by creation within one millisecond, beyond the counter and when the clock goes back", () => {
    const ids = createIdsAt([1000, 1000, 900, 1001]);
    const made = Array.from({ length: 10_000 }, () => ids.uuid());
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });
});
