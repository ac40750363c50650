import { describe, expect, it } from "vitest";
import type { Summary } from "../../lib/live-source.ts";
import { type FailuresInput, toFailures } from "./failing.ts";
import { toVerdict, type VerdictInput } from "./verdict.ts";
import { changesOf, normalP95, type Point, waitingAges } from "./windows.ts";

const NOW = Date.parse("2026-11-24T06:06:00.000Z");
const iso = (ms: number): string => new Date(ms).toISOString();

const summary: Summary = {
  asOf: iso(NOW),
  requests: 1000,
  window: {
    rangeMs: 900_000,
    calls: 1000,
    errors: 0,
    clientErrors: 0,
    limited: 0,
    latencyMs: { p50: 2, p95: 20, p99: 40 },
  },
  ratePerSecond: 10,
  limitedPerSecond: 0,
  errorRate: 0,
  latencyMs: { p50: 2, p95: 20, p99: 40 },
  inFlight: 1,
  queue: {
    ready: 0,
    running: 0,
    retrying: 0,
    scheduled: 0,
    failed: 0,
    completed: 0,
    oldestReadyAgeMs: null,
    slots: { used: 0, total: 4 },
  },
  cache: { hitRate: null, hits: 0, misses: 0, entries: 0, sizeBytes: 0 },
  nodes: 1,
};
const calm: VerdictInput = { nowMs: NOW, summary, failures: [], normalP95Ms: 20, limits: [] };

function pointAt(index: number, part: Partial<Point> = {}): Point {
  return {
    at: iso(NOW + index * 10_000),
    ok: 100,
    errors: 0,
    limited: 0,
    p50: 1,
    p95: 10,
    p99: 20,
    oldestReadyAgeMs: null,
    cacheHitRate: null,
    ...part,
  };
}
const points = (count: number, part: Partial<Point> = {}): Point[] =>
  Array.from({ length: count }, (_, index) => pointAt(index, part));

function group(part: Partial<FailuresInput["groups"][number]> = {}): FailuresInput["groups"][number] {
  return {
    fingerprint: "00112233aabbccdd",
    name: "email.send",
    queue: "email",
    errorName: "SmtpError",
    message: "SMTP 451",
    place: "smtp.ts:42:11",
    firstSeenAt: iso(NOW - 5000),
    lastSeenAt: iso(NOW),
    attempts: 30,
    discarded: 4,
    retryable: 2,
    isCapped: false,
    lastJobId: "00000000-0000-7000-8000-000000000001",
    versions: ["1.4.2"],
    trend: [0, 6],
    ...part,
  };
}
const failuresOf = (...groups: FailuresInput["groups"]) =>
  toFailures({ nowMs: NOW, rangeMs: 900_000, groups, errors: [], procedures: [] });

describe("the verdict", () => {
  it("is healthy while nothing is out of the ordinary", () => {
    expect(toVerdict(calm)).toEqual({ level: "healthy", reasons: [] });
  });

  it("is failing when a tenth of the calls fail", () => {
    expect(toVerdict({ ...calm, summary: { ...summary, errorRate: 0.1 } }).level).toBe("failing");
    expect(toVerdict({ ...calm, summary: { ...summary, errorRate: 0.09 } }).level).toBe("degraded");
    expect(toVerdict({ ...calm, summary: { ...summary, errorRate: 0.009 } }).level).toBe("healthy");
  });

  it("names jobs that go on failing, and not those that have stopped", () => {
    const failures = failuresOf(group());
    expect(toVerdict({ ...calm, failures }).reasons.map((reason) => reason.kind)).toEqual(["jobsFail"]);
    expect(toVerdict({ ...calm, failures, nowMs: NOW + 120_000 }).level).toBe("healthy");
  });

  it("calls a latency slow by what is usual, and never below a tenth of a second", () => {
    const slow = { ...summary, latencyMs: { ...summary.latencyMs, p95: 120 } };
    expect(toVerdict({ ...calm, summary: slow }).reasons).toEqual([{ kind: "slow", p95Ms: 120, factor: 6 }]);
    expect(toVerdict({ ...calm, summary: slow, normalP95Ms: 60 }).level).toBe("healthy");
    expect(toVerdict({ ...calm, normalP95Ms: 1 }).level).toBe("healthy");
  });

  it("says that jobs wait", () => {
    const waiting = { ...summary, queue: { ...summary.queue, ready: 7, oldestReadyAgeMs: 31_000 } };
    expect(toVerdict({ ...calm, summary: waiting }).reasons).toEqual([{ kind: "waiting", ageMs: 31_000, ready: 7 }]);
  });
});

describe("the failures", () => {
  it("count the jobs of a group that are failed or retrying now, at least so many when the count stopped", () => {
    expect(failuresOf(group())).toMatchObject([
      { count: 6, isAtLeast: false, group: { fingerprint: "00112233aabbccdd", discarded: 4 }, trend: [0, 6] },
    ]);
    expect(failuresOf(group({ isCapped: true, discarded: 10_000 }))).toMatchObject([
      { count: 10_002, isAtLeast: true },
    ]);
  });

  it("leave out groups that were last seen before the window, and a first time that is not in it", () => {
    expect(failuresOf(group({ lastSeenAt: iso(NOW - 900_001) }))).toEqual([]);
    expect(failuresOf(group())).toMatchObject([{ firstAtMs: NOW - 5000 }]);
    expect(failuresOf(group({ firstSeenAt: iso(NOW - 900_001) }))).toMatchObject([{ firstAtMs: null }]);
  });

  it("put a server's failures before callers' mistakes and leave refusals by a limit to the limits", () => {
    const found = toFailures({
      nowMs: NOW,
      rangeMs: 900_000,
      groups: [],
      errors: [
        { path: "users.get", code: "USER_NOT_FOUND", count: 90, lastAt: iso(NOW), lastRequestId: "a" },
        { path: "lab.limited", code: "RATE_LIMITED", count: 500, lastAt: iso(NOW), lastRequestId: "b" },
        { path: "lab.flaky", code: "LAB_FLAKY_FAILED", count: 3, lastAt: iso(NOW), lastRequestId: "c" },
      ],
      procedures: [
        { path: "lab.flaky", errors: 3 },
        { path: "users.get", errors: 0 },
      ] as never,
    });
    expect(found.map((failure) => [failure.title, failure.isOurs])).toEqual([
      ["LAB_FLAKY_FAILED", true],
      ["USER_NOT_FOUND", false],
    ]);
  });
});

describe("a window against the one before it", () => {
  it("compares rates over the seconds that have samples", () => {
    const before = [...points(10), ...points(10, { ok: null, errors: null, limited: null })];
    expect(changesOf({ stepMs: 10_000, before, current: points(20, { ok: 120 }) }).calls).toBeCloseTo(0.2);
  });

  it("says nothing while less than half of it has samples", () => {
    const gap = points(20, { ok: null, errors: null, limited: null });
    expect(changesOf({ stepMs: 10_000, before: gap, current: points(20) }).calls).toBeNull();
    expect(changesOf({ stepMs: 10_000, before: [], current: points(20) }).errorShare).toBeNull();
  });

  it("takes the median of the older steps for normal, so that the newest slow ones do not hide themselves", () => {
    expect(normalP95({ stepMs: 10_000, before: [], current: [...points(32), ...points(8, { p95: 900 })] })).toBe(10);
    expect(normalP95({ stepMs: 10_000, before: [], current: points(5) })).toBeNull();
  });

  it("reads an empty queue as no age, and a missing sample as a gap", () => {
    expect(waitingAges([pointAt(0), pointAt(1, { ok: null }), pointAt(2, { oldestReadyAgeMs: 41 })])).toEqual([
      0,
      null,
      41,
    ]);
  });
});
