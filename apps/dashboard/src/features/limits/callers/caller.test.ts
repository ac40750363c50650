import { describe, expect, it } from "vitest";
import { defaultDuration, durationsOf, isCaller, type Override, toCaller, toForMs } from "./caller.ts";

describe("a typed caller", () => {
  it.each([
    ["192.0.2.7", "address:192.0.2.7"],
    [" 2001:db8::1 ", "address:2001:db8::1"],
    ["2001:db8:1:2::/64", "address:2001:db8:1:2::/64"],
    ["::1", "address:::1"],
    ["address:192.0.2.7", "address:192.0.2.7"],
    ["user:01890a5d-ac96-774b-bcce-b302099a8057", "user:01890a5d-ac96-774b-bcce-b302099a8057"],
    ["ada@example.com", "ada@example.com"],
  ])("%s is sent as %s", (typed, sent) => {
    expect(toCaller(typed)).toBe(sent);
  });

  it("is not asked about before it names a kind", () => {
    expect(isCaller(toCaller("192.0.2.7"))).toBe(true);
    expect(isCaller("key:ci")).toBe(true);
    expect(isCaller("")).toBe(false);
    expect(isCaller("ada@example.com")).toBe(false);
  });
});

describe("how long it holds", () => {
  const override: Override = {
    name: "read.rate",
    caller: "address:192.0.2.7",
    label: null,
    limit: 20,
    burst: null,
    revision: 3,
    by: "ada@example.com",
    at: "2026-11-24T10:00:00.000Z",
    reason: null,
    until: "2026-11-24T12:00:00.000Z",
  };
  const noonMs = Date.parse("2026-11-24T12:00:00.000Z");

  it("is an hour for a new one, and as it was for one that is there", () => {
    expect(defaultDuration(undefined)).toBe(3_600_000);
    expect(defaultDuration(override)).toBe("same");
    expect(defaultDuration({ ...override, until: null })).toBeNull();
    expect(durationsOf(undefined)).not.toContain("same");
    expect(durationsOf({ ...override, until: null })).not.toContain("same");
    expect(durationsOf(override)[0]).toBe("same");
  });

  it("is sent as what is left of it, a minute at least", () => {
    expect(toForMs("same", override.until, noonMs - 7_200_000)).toBe(7_200_000);
    expect(toForMs("same", override.until, noonMs - 5)).toBe(60_000);
    expect(toForMs("same", null, noonMs)).toBeNull();
    expect(toForMs(null, override.until, noonMs)).toBeNull();
    expect(toForMs(86_400_000, override.until, noonMs)).toBe(86_400_000);
  });
});
