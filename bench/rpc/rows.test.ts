import { expect, test } from "vitest";
import type { Pressed } from "../pressure.ts";
import type { Case } from "./cases.ts";
import { toAimsTable, toCaseTable } from "./rows.ts";

const pressed = (perSecond: number, serverCpuUs: number, databaseCpuUs?: number): Pressed => ({
  answers: perSecond * 2,
  elapsedMs: 2000,
  p50Ms: 1,
  p99Ms: 9,
  serverCpuMs: (serverCpuUs * perSecond * 2) / 1000,
  databaseCpuMs: databaseCpuUs === undefined ? undefined : (databaseCpuUs * perSecond * 2) / 1000,
  idleShare: undefined,
});

const ours = { label: "ours", server: "lane", requests: () => [] } as const;
const theirs = { label: "theirs", server: "stock", requests: () => [] } as const;
const sides = (isOfDatabase: boolean): Case => ({
  name: "ping",
  title: "",
  sides: [ours, theirs],
  against: [["× theirs", "theirs"]],
  connections: 1,
  calls: 1,
  forMs: 1,
  warmUpTurns: 1,
  expects: "",
  isOfDatabase,
});

test("a ratio is the median of what each round says by itself", () => {
  // The machine was slow from the second round on, for both.
  const measured = {
    ours: [pressed(1000, 10), pressed(250, 40), pressed(300, 40)],
    theirs: [pressed(100, 100), pressed(25, 400), pressed(30, 400)],
  };
  const { columns, rows } = toCaseTable(sides(false), measured);
  expect(columns).toEqual(["Server", "requests/s", "CPU (µs)", "p50 (ms)", "p99 (ms)", "× theirs"]);
  expect(rows).toEqual([
    ["ours", "300", "40.0", "1.00", "9.00", "10.00 / 10.00"],
    ["theirs", "30.0", "400.0", "1.00", "9.00", ""],
  ]);
});

test("what a side leaves to Postgres is shown, and is in its ratio by CPU", () => {
  const measured = { ours: [pressed(200, 100, 400)], theirs: [pressed(50, 900, 100)] };
  expect(toCaseTable(sides(true), measured).rows).toEqual([
    ["ours", "200", "100", "400", "1.00", "9.00", "4.00 / 2.00"],
    ["theirs", "50.0", "900", "100", "1.00", "9.00", ""],
  ]);
});

test("a side that did not run has no row, and nothing is compared with it", () => {
  expect(toCaseTable(sides(false), { ours: [pressed(100, 1)] }).rows).toEqual([
    ["ours", "100", "1.0", "1.00", "9.00", ""],
  ]);
});

test("an aim holds by pace, and is left out when one of its sides did not run", () => {
  const aim = { case: "ping", label: "ours", against: "theirs", least: 5 };
  const measured = { ping: { ours: [pressed(499, 10)], theirs: [pressed(100, 100)] } };
  const aims = [
    { ...aim, text: "Missed" },
    { ...aim, text: "Held", least: 4.9 },
    { ...aim, text: "Of a case that did not run", case: "batch" },
    { ...aim, text: "Against nobody", against: "nobody" },
  ];
  expect(toAimsTable(aims, measured).rows).toEqual([
    ["Missed", "5.00", "4.99", "10.00", "no"],
    ["Held", "4.90", "4.99", "10.00", "yes"],
  ]);
});
