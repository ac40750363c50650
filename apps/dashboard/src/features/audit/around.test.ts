import { expect, it } from "vitest";
import { logAround, rangeAround } from "./around.ts";

const NOW = Date.parse("2026-11-24T06:06:00.000Z");
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

it("takes the shortest window that has room before the event", () => {
  expect(rangeAround(ago(0), NOW)).toBe("15m");
  expect(rangeAround(ago(13.5), NOW)).toBe("15m");
  expect(rangeAround(ago(14), NOW)).toBe("1h");
  expect(rangeAround(ago(150), NOW)).toBe("3h");
  expect(rangeAround(ago(320), NOW)).toBe("6h");
});

it("has no window for what is older than the charts remember", () => {
  expect(rangeAround(ago(330), NOW)).toBeUndefined();
  expect(rangeAround(ago(60 * 24 * 30), NOW)).toBeUndefined();
});

it("shows an event that a clock ahead of ours stamped", () => {
  expect(rangeAround(ago(-1), NOW)).toBe("15m");
});

it("surrounds an event by half an hour of the log", () => {
  expect(logAround("2026-11-24T06:06:00.000Z")).toEqual({
    from: "2026-11-24T05:51:00.000Z",
    to: "2026-11-24T06:21:00.000Z",
  });
});
