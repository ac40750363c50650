import { describe, expect, it } from "vitest";
import { addReading, paceOf, type Reading } from "./pace.ts";

function read(...readings: readonly (readonly [atMs: number, done: number])[]): readonly Reading[] {
  return readings.reduce<readonly Reading[]>((all, [atMs, done]) => addReading(all, { atMs, done }), []);
}

describe("the pace of something that is counted", () => {
  it("is not told before three seconds of it were seen", () => {
    expect(paceOf([])).toBeNull();
    expect(paceOf(read([0, 0], [2999, 1000]))).toBeNull();
    expect(paceOf(read([0, 0], [3000, 1500]))).toBe(500);
  });

  it("is that of the last fifteen seconds, not the average from the start", () => {
    expect(paceOf(read([0, 0], [10_000, 10_000], [20_000, 10_500], [25_000, 10_750]))).toBe(50);
  });

  it("is nothing while it stands still", () => {
    expect(paceOf(read([0, 400], [5000, 400]))).toBe(0);
  });

  it("begins anew when the count goes back, as from the check to the storing", () => {
    expect(paceOf(read([0, 0], [4000, 10_000], [5000, 0], [6000, 500]))).toBeNull();
  });

  it("does not count one answer twice", () => {
    expect(read([0, 0], [1000, 500], [1000, 500])).toHaveLength(2);
  });
});
