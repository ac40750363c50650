import { describe, expect, it } from "vitest";
import type { Limit } from "../limit.ts";
import { fieldsOf, goesBackTo, problemOf, rebase, shortagesOf, toForm, toUpdate, toValues } from "./limit-form.ts";

const rate: Limit = {
  name: "read.rate",
  kind: "rate",
  scope: "principal",
  algorithm: "gcra",
  limit: 1000,
  windowMs: 1000,
  burst: 200,
  usage: 0,
  inFlight: null,
  waiting: null,
  queueLimit: null,
  allowed: 0,
  rejected: 0,
  rejectedPerSecond: 0,
  top: [],
  configured: { limit: 1000, burst: 200, queueLimit: null },
  bounds: { limit: { min: 0.1, max: 1_000_000 }, burst: { min: 1, max: 1_000_000 }, queueLimit: null },
  operatorBounds: { limit: { min: 500, max: 5000 }, burst: { min: 100, max: 1000 }, queueLimit: null },
  change: null,
  overrideCount: 0,
};
const slots: Limit = {
  ...rate,
  name: "read.concurrency",
  kind: "concurrency",
  scope: "global",
  algorithm: "bulkhead",
  limit: 8,
  windowMs: null,
  burst: null,
  inFlight: 6,
  waiting: 2,
  queueLimit: 16,
  configured: { limit: 8, burst: null, queueLimit: 16 },
  bounds: { limit: { min: 1, max: 100_000 }, burst: null, queueLimit: { min: 0, max: 1_000_000 } },
  operatorBounds: { limit: { min: 4, max: 40 }, burst: null, queueLimit: { min: 8, max: 80 } },
};
const change = { revision: 7, by: "ada@desk.test", at: "2026-11-23T10:00:00.000Z", reason: null };
const configured = rate.configured;
const temporary: Limit = {
  ...rate,
  limit: 600,
  change: { ...change, revertAt: "2026-11-23T10:15:00.000Z", revertTo: configured },
};
const kept: Limit = { ...rate, limit: 600, change: { ...change, revertAt: null, revertTo: null } };

describe("the form", () => {
  it("has the fields that the limit has, as they are", () => {
    expect(toForm(rate)).toEqual({ limit: "1000", burst: "200" });
    expect(fieldsOf(slots)).toEqual(["limit", "queueLimit"]);
  });

  it.each([
    ["", "number"],
    ["many", "number"],
    ["Infinity", "number"],
    ["0.05", "bounds"],
    ["499", "rank"],
    ["500", undefined],
    ["500.5", undefined],
    ["5001", "rank"],
  ] as const)("finds that an operator's rate of %j is %s", (limit, problem) => {
    expect(problemOf(rate, { limit, burst: "200" }, "limit", "operator")).toBe(problem);
  });

  it("lets an admin go beyond what an operator may", () => {
    expect(problemOf(rate, { limit: "5001" }, "limit", "admin")).toBeUndefined();
    expect(problemOf(rate, { limit: "0.01" }, "limit", "admin")).toBe("bounds");
  });

  it("wants whole numbers but of a bucket's rate", () => {
    expect(problemOf(rate, { burst: "150.5" }, "burst", "admin")).toBe("whole");
    expect(problemOf({ ...rate, algorithm: "sliding-log" }, { limit: "50.5" }, "limit", "admin")).toBe("whole");
    expect(problemOf(slots, { limit: "4.5" }, "limit", "admin")).toBe("whole");
  });

  it("has no problem with what an admin set, while an operator leaves it alone", () => {
    const beyond = { ...rate, limit: 9000 };
    expect(toValues(beyond, { ...toForm(beyond), burst: "150" }, "operator")).toMatchObject({
      limit: 9000,
      burst: 150,
    });
  });

  it("keeps what was typed over newer values and takes the rest from them", () => {
    const now = { ...rate, limit: 700, burst: 300 };
    expect(rebase({ limit: "800", burst: "200" }, rate, now)).toEqual({ limit: "800", burst: "300" });
  });
});

describe("what is sent", () => {
  const send = (limit: Limit, part: object, forMs: 900_000 | null, reason = "") =>
    toUpdate(limit, { limit: limit.limit, burst: limit.burst, queueLimit: limit.queueLimit, ...part }, forMs, reason);

  it("is what changed, for how long and why, and the revision it is a change of", () => {
    expect(send(rate, { burst: 100 }, 900_000, " a noisy client ")).toEqual({
      name: "read.rate",
      values: { burst: 100 },
      forMs: 900_000,
      reason: "a noisy client",
      expectedRevision: 0,
    });
    expect(send(kept, { limit: 500 }, null)).toEqual({
      name: "read.rate",
      values: { limit: 500 },
      forMs: null,
      expectedRevision: 7,
    });
  });

  it("is nothing while nothing changes", () => {
    expect(send(rate, {}, 900_000)).toBeUndefined();
    expect(send(kept, {}, null)).toBeUndefined();
  });

  it("is the same values for longer, or for good, over a change that goes back", () => {
    expect(send(temporary, {}, 900_000)).toMatchObject({ values: { limit: 600, burst: 200 }, forMs: 900_000 });
    expect(send(temporary, {}, null)).toEqual({ name: "read.rate", forMs: null, expectedRevision: 7 });
  });
});

it("goes back to what was kept last, whatever came between", () => {
  expect(goesBackTo(temporary)).toEqual(configured);
  expect(goesBackTo(kept)).toEqual({ limit: 600, burst: 200, queueLimit: null });
});

it("tells what is in use beyond the new values", () => {
  const used = {
    ...rate,
    top: [
      { key: "user:2", used: 900, of: 1000 },
      { key: "user:1", used: 150, of: 200 },
    ],
  };
  expect(shortagesOf(used, { ...configured, burst: 150 })).toEqual([]);
  expect(shortagesOf(used, { ...configured, burst: 149 })).toEqual([{ what: "caller", used: 150, allowed: 149 }]);
  expect(shortagesOf(slots, { limit: 5, burst: null, queueLimit: 1 })).toEqual([
    { what: "slots", used: 6, allowed: 5 },
    { what: "waiting", used: 2, allowed: 1 },
  ]);
});
