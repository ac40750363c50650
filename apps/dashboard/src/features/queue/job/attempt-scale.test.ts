import { describe, expect, it } from "vitest";
import type { Attempt } from "../job.ts";
import { createAttemptScale } from "./attempt-scale.ts";

const START = Date.parse("2026-11-24T06:00:00.000Z");

function attemptOf(fromMs: number, toMs: number | null): Attempt {
  return {
    number: 1,
    startedAt: new Date(START + fromMs).toISOString(),
    finishedAt: toMs === null ? null : new Date(START + toMs).toISOString(),
    durationMs: null,
    outcome: toMs === null ? "running" : "failed",
    processId: "w-1",
    version: null,
    fingerprint: null,
    error: null,
    progress: null,
    progressData: null,
    logs: [],
  };
}

describe("createAttemptScale", () => {
  it("reaches from the first attempt to the end of the last, with round steps", () => {
    const scale = createAttemptScale([attemptOf(0, 8000), attemptOf(60_000, 190_000)], START + 500_000);
    expect(scale.ticks).toEqual([0, 60_000, 120_000, 180_000]);
    expect(scale.at(START + 95_000)).toBe(0.5);
  });

  it("reaches to now while an attempt runs", () => {
    expect(createAttemptScale([attemptOf(0, null)], START + 4000).endMs).toBe(START + 4000);
  });

  it("keeps what lies outside at the edges", () => {
    const scale = createAttemptScale([attemptOf(0, 1000)], START);
    expect([scale.at(START - 5000), scale.at(START + 5000)]).toEqual([0, 1]);
  });

  it("has a length even for an attempt that took no time", () => {
    expect(createAttemptScale([attemptOf(0, 0)], START).at(START)).toBe(0);
  });
});
