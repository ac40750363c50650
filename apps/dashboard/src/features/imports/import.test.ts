import { describe, expect, it } from "vitest";
import { canAbort, canMap, canResume, canUndo, type ImportSummary, progressOf, stepOf } from "./import.ts";

const fresh: ImportSummary = {
  id: "019b0000-0000-7000-8000-000000000000",
  fileName: "people.csv",
  state: "ready",
  columns: ["email", "name"],
  mapping: { email: 0, name: 1, role: null, defaultRole: "viewer" },
  totalRows: 100,
  checkedRows: 100,
  problemRows: 4,
  importedRows: 0,
  undoneRows: 0,
  problem: null,
  createdByEmail: "owner@desk.test",
  createdAt: "2026-11-23T12:00:00.000Z",
  startedAt: null,
  finishedAt: null,
  undoUntil: null,
};
const started = { startedAt: "2026-11-23T12:01:00.000Z" } as const;

describe("an import", () => {
  it("without a column of addresses waits at the columns, and may be mapped", () => {
    const unmapped: ImportSummary = { ...fresh, state: "failed", mapping: null };
    expect(stepOf(unmapped)).toBe("columns");
    expect(canMap(unmapped)).toBe(true);
    expect(canUndo(unmapped)).toBe(false);
  });

  it("that stopped half-way goes on or is undone, and is not mapped again", () => {
    const halfway: ImportSummary = { ...fresh, ...started, state: "failed", importedRows: 40 };
    expect(stepOf(halfway)).toBe("store");
    expect([canResume(halfway), canUndo(halfway), canMap(halfway)]).toEqual([true, true, false]);
    expect(progressOf(halfway)).toEqual({ done: 40, total: 96, share: 40 / 96 });
  });

  it("is not resumed once people of it were deleted again", () => {
    expect(canResume({ ...fresh, ...started, state: "failed", importedRows: 40, undoneRows: 1 })).toBe(false);
  });

  it("cannot be undone twice", () => {
    const done: ImportSummary = { ...fresh, ...started, state: "done", importedRows: 96 };
    expect(canUndo(done)).toBe(true);
    expect(canUndo({ ...done, undoneRows: 96 })).toBe(false);
    expect(canAbort(done)).toBe(false);
  });

  it("of no good row is at nothing of nothing, and not at all of it", () => {
    expect(progressOf({ ...fresh, ...started, state: "running", problemRows: 100 })).toEqual({
      done: 0,
      total: 0,
      share: 0,
    });
  });
});
