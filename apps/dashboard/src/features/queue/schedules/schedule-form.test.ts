import { describe, expect, it } from "vitest";
import type { Schedule } from "./schedule.ts";
import { emptyForm, problemsOf, toForm, toTiming } from "./schedule-form.ts";

const form = emptyForm("Asia/Shanghai");
const saved = (part: Partial<Schedule>): Schedule =>
  ({ name: "nightly", cron: null, everyMs: null, timeZone: "UTC", missed: "once", ...part }) as Schedule;

describe("the form of a schedule", () => {
  it("begins with a timing that could be saved, and without a name", () => {
    expect([...problemsOf(form)]).toEqual(["name"]);
    expect(toTiming(form)).toEqual({ cron: "0 9 * * 1-5", everyMs: null, timeZone: "Asia/Shanghai" });
  });

  it.each([
    [90_000, "90", "seconds"],
    [900_000, "15", "minutes"],
    [7_200_000, "2", "hours"],
    [172_800_000, "2", "days"],
    [1500, "1.5", "seconds"],
  ])("shows an interval of %i ms as %s %s, and gives back the same", (everyMs, every, unit) => {
    const shown = toForm(saved({ everyMs }));
    expect(shown).toMatchObject({ kind: "interval", every, unit });
    expect(toTiming(shown)).toEqual({ cron: null, everyMs, timeZone: "UTC" });
  });

  it("gives back a cron expression in its zone", () => {
    const shown = toForm(saved({ cron: "30 2 * * *", timeZone: "America/New_York" }));
    expect(toTiming(shown)).toEqual({ cron: "30 2 * * *", everyMs: null, timeZone: "America/New_York" });
  });

  it.each(["", "0", "-5", "often", "0.5", "99999999999"])("has no timing for an interval of “%s” seconds", (every) => {
    const typed = { ...form, kind: "interval", every, unit: "seconds" } as const;
    expect(toTiming(typed)).toBeUndefined();
    expect(problemsOf({ ...typed, name: "x" })).toEqual(new Set(["every"]));
  });

  it("names a zone that does not exist, and an expression that is not there", () => {
    expect(problemsOf({ ...form, name: "x", timeZone: "Mars/Olympus" })).toEqual(new Set(["timeZone"]));
    expect(problemsOf({ ...form, name: "x", cron: " " })).toEqual(new Set(["cron"]));
    expect(toTiming({ ...form, timeZone: "" })).toBeUndefined();
  });
});
