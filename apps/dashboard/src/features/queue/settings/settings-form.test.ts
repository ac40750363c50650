import { describe, expect, it } from "vitest";
import { isSame, problemsOf, type QueueSettings, toForm, toSettings } from "./settings-form.ts";

const none: QueueSettings = { slots: null, globalConcurrency: null, keyConcurrency: null, rateLimit: null };
const some: QueueSettings = {
  slots: 4,
  globalConcurrency: 10,
  keyConcurrency: 1,
  rateLimit: { limit: 100, perMs: 1500 },
};

describe("the settings of a queue as a form", () => {
  it.each([none, some, { ...none, slots: 1000 }])("give back what they were made of: %o", (settings) => {
    expect(toSettings(toForm(settings))).toEqual(settings);
  });

  it("takes an empty field for no limit", () => {
    expect(toForm(none)).toEqual({
      slots: "",
      globalConcurrency: "",
      keyConcurrency: "",
      rateCount: "",
      rateSeconds: "",
    });
    expect(toSettings({ ...toForm(some), globalConcurrency: " " })).toEqual({ ...some, globalConcurrency: null });
  });

  it.each([
    ["slots", "0"],
    ["slots", "1001"],
    ["slots", "2.5"],
    ["globalConcurrency", "many"],
    ["keyConcurrency", "-1"],
    ["rateCount", "1e9"],
    ["rateSeconds", "0.05"],
  ] as const)("refuses %s of %s", (field, text) => {
    const form = { ...toForm(some), [field]: text };
    expect(problemsOf(form)).toEqual(new Set([field]));
    expect(toSettings(form)).toBeUndefined();
  });

  it("refuses half a rate", () => {
    expect(problemsOf({ ...toForm(none), rateCount: "5" })).toEqual(new Set(["rateSeconds"]));
    expect(problemsOf({ ...toForm(none), rateSeconds: "5" })).toEqual(new Set(["rateCount"]));
  });
});

it("tells settings apart by every part of them", () => {
  expect(isSame(some, { ...some, rateLimit: { limit: 100, perMs: 1500 } })).toBe(true);
  for (const part of [
    { slots: 5 },
    { globalConcurrency: null },
    { keyConcurrency: 2 },
    { rateLimit: null },
    { rateLimit: { limit: 100, perMs: 1000 } },
  ]) {
    expect(isSame(some, { ...some, ...part }), JSON.stringify(part)).toBe(false);
  }
});
