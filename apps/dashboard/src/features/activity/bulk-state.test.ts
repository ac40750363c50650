import { expect, test } from "vitest";
import { type BulkSummary, canAbort, canUndo, isMoving, progressOf } from "./bulk-state.ts";

const base: BulkSummary = {
  id: "01a20c25-bae8-7d3e-b1f0-62a58d41c09e",
  act: "cancel",
  state: "running",
  target: "queue=mail",
  filter: { queue: "mail" },
  asOf: "2026-11-23T14:06:11.000Z",
  total: 200,
  done: 90,
  failed: 10,
  undone: 0,
  perSecond: null,
  ratePerSecond: 20,
  etaMs: 5000,
  stage: null,
  reason: null,
  problem: null,
  createdBy: "wei@acme.dev",
  createdAt: "2026-11-23T14:06:12.000Z",
  finishedAt: null,
  undoUntil: null,
};
const atMs = Date.parse("2026-11-23T14:10:00.000Z");

test("forward, what was done and what was refused are over; back, what was taken back", () => {
  expect(progressOf(base)).toEqual({ done: 100, total: 200, share: 0.5 });
  expect(progressOf({ ...base, state: "undoing", undone: 45 })).toEqual({ done: 45, total: 90, share: 0.5 });
  expect(progressOf({ ...base, total: 0, done: 0, failed: 0 }).share).toBe(0);
});

test("an undo is offered until its time is up, and once", () => {
  const over = { ...base, state: "aborted", undoUntil: "2026-11-23T14:16:00.000Z" } as const;
  expect(canUndo(over, atMs)).toBe(true);
  expect(canUndo(over, Date.parse(over.undoUntil))).toBe(false);
  expect(canUndo({ ...over, state: "undoing" }, atMs)).toBe(false);
  expect(canUndo({ ...over, undoUntil: null }, atMs)).toBe(false);
});

test("what runs or is paused can be ended; only what runs moves", () => {
  expect([canAbort(base), canAbort({ state: "paused" }), canAbort({ state: "done" })]).toEqual([true, true, false]);
  expect([isMoving(base), isMoving({ state: "paused" }), isMoving({ state: "undoing" })]).toEqual([true, false, true]);
});
