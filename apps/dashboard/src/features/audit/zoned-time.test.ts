import { describe, expect, it } from "vitest";
import { instantOf, wallOf } from "./zoned-time.ts";

const iso = (wall: string, zone: string): string | undefined => {
  const at = instantOf(wall, zone);
  return at === undefined ? undefined : new Date(at).toISOString();
};

describe("the instant of a clock's reading", () => {
  it("is the same reading in UTC, and earlier east of it", () => {
    expect(iso("2026-11-24T14:02", "UTC")).toBe("2026-11-24T14:02:00.000Z");
    expect(iso("2026-11-24T14:02:31", "Asia/Shanghai")).toBe("2026-11-24T06:02:31.000Z");
    expect(iso("2026-11-24T14:02", "Asia/Kolkata")).toBe("2026-11-24T08:32:00.000Z");
    expect(iso("2026-11-24T00:30", "America/New_York")).toBe("2026-11-24T05:30:00.000Z");
  });

  it("takes the first of an hour that the zone has twice", () => {
    expect(iso("2026-11-01T01:30", "America/New_York")).toBe("2026-11-01T05:30:00.000Z");
    expect(iso("2026-11-01T02:30", "America/New_York")).toBe("2026-11-01T07:30:00.000Z");
  });

  it("counts on from before a gap for an hour that the zone skips", () => {
    expect(iso("2026-03-29T02:30", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
    expect(iso("2026-03-29T01:30", "Europe/Berlin")).toBe("2026-03-29T00:30:00.000Z");
    expect(iso("2026-03-29T03:30", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
  });

  it("is nothing for what is no reading", () => {
    expect(instantOf("", "UTC")).toBeUndefined();
    expect(instantOf("yesterday", "UTC")).toBeUndefined();
  });
});

it("writes an instant as the field does, so that it reads the same back", () => {
  for (const zone of ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kolkata"]) {
    const at = Date.UTC(2026, 6, 3, 23, 45);
    expect(instantOf(wallOf(at, zone), zone)).toBe(at);
  }
  expect(wallOf(Date.UTC(2026, 10, 24, 6, 2), "Asia/Shanghai")).toBe("2026-11-24T14:02");
});
