import { expect, test } from "vitest";
import { findClockChanges } from "./clock-changes.ts";

const changes = (cron: string, timeZone: string, from = "2026-11-23T12:00:00Z") =>
  findClockChanges({ cron, everyMs: null, timeZone }, new Date(from));

test("a time of the day that New York skips runs when its clocks have jumped, and one that comes twice runs once", () => {
  expect(changes("30 2 * * *", "America/New_York")).toEqual([
    { kind: "skipped", day: "2027-03-14", time: "02:30", runsAt: ["2027-03-14T07:00:00.000Z"] },
  ]);
  expect(changes("30 1 * * *", "America/New_York")).toEqual([
    { kind: "doubled", day: "2027-11-07", time: "01:30", runsAt: ["2027-11-07T05:30:00.000Z"] },
  ]);
});

test("a rhythm loses what Berlin skips and repeats what comes twice", () => {
  expect(changes("*/30 2 * * *", "Europe/Berlin")).toEqual([
    { kind: "skipped", day: "2027-03-28", time: "02:00", runsAt: [] },
    { kind: "skipped", day: "2027-03-28", time: "02:30", runsAt: [] },
    {
      kind: "doubled",
      day: "2027-10-31",
      time: "02:00",
      runsAt: ["2027-10-31T00:00:00.000Z", "2027-10-31T01:00:00.000Z"],
    },
    {
      kind: "doubled",
      day: "2027-10-31",
      time: "02:30",
      runsAt: ["2027-10-31T00:30:00.000Z", "2027-10-31T01:30:00.000Z"],
    },
  ]);
});

test("a list of times loses none: the skipped one runs with the one at the jump", () => {
  expect(changes("0 2,3 * * *", "Europe/Berlin")).toMatchObject([
    { kind: "skipped", day: "2027-03-28", time: "02:00", runsAt: ["2027-03-28T01:00:00.000Z"] },
    { kind: "doubled", day: "2027-10-31", time: "02:00", runsAt: ["2027-10-31T00:00:00.000Z"] },
  ]);
});

test("Lord Howe changes its clocks by half an hour", () => {
  expect(changes("15 2 * * *", "Australia/Lord_Howe")).toEqual([
    { kind: "skipped", day: "2027-10-03", time: "02:15", runsAt: ["2027-10-02T15:30:00.000Z"] },
  ]);
  expect(changes("45 1 * * *", "Australia/Lord_Howe")).toEqual([
    { kind: "doubled", day: "2027-04-04", time: "01:45", runsAt: ["2027-04-03T14:45:00.000Z"] },
  ]);
  // Half an hour breaks even the rhythm of an hour.
  expect(changes("0 * * * *", "Australia/Lord_Howe")).toEqual([
    { kind: "skipped", day: "2027-10-03", time: "02:00", runsAt: [] },
  ]);
});

test("Casablanca leaves its summer time for Ramadan", () => {
  // In a past that no government changes any more.
  expect(changes("30 2 * * *", "Africa/Casablanca", "2025-01-01T00:00:00Z")).toEqual([
    { kind: "doubled", day: "2025-02-23", time: "02:30", runsAt: ["2025-02-23T01:30:00.000Z"] },
    { kind: "skipped", day: "2025-04-06", time: "02:30", runsAt: ["2025-04-06T02:00:00.000Z"] },
  ]);
});

test("Shanghai changes nothing, and neither does a time elsewhere that no change touches", () => {
  expect(changes("30 2 * * *", "Asia/Shanghai")).toEqual([]);
  expect(changes("30 12 * * *", "America/New_York")).toEqual([]);
  expect(changes("30 2 * * MON", "America/New_York")).toEqual([]);
});

test("a rhythm over the whole day goes on beating, and so does an interval", () => {
  expect(changes("*/5 * * * *", "America/New_York")).toEqual([]);
  expect(changes("0 * * * *", "Europe/Berlin")).toEqual([]);
  const interval = { cron: null, everyMs: 60_000, timeZone: "America/New_York" };
  expect(findClockChanges(interval, new Date("2026-11-23T12:00:00Z"))).toEqual([]);
});

test("an expression with seconds names at most sixty times of a change", () => {
  expect(changes("* * 2 * * *", "America/New_York")).toHaveLength(60);
});
