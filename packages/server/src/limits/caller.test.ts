import { describe, expect, test } from "vitest";
import { findAppError } from "../platform/errors.ts";
import { toAddressKey } from "./address-key.ts";
import { parseCaller, toCaller, toLimiterKey, type CallerScope } from "./caller.ts";

const ID = "01890a5d-ac96-774b-bcce-b302099a8057";

function refusalOf(caller: string, scope: CallerScope = "principal") {
  try {
    return parseCaller(caller, scope);
  } catch (error) {
    return findAppError(error)?.code;
  }
}

test.each([
  ["user:" + ID, "user:" + ID],
  ["key:" + ID.toUpperCase(), "key:" + ID],
  ["address:192.0.2.7", "address:192.0.2.7"],
  ["address:2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"],
  ["address:2001:0DB8:0001::6", "address:2001:db8:1:0::/64"],
  ["address:2001:db8:1:2::/64", "address:2001:db8:1:2::/64"],
  ["address:2001:db8:0:0::/64", "address:2001:db8:0:0::/64"],
  ["address:2001:db8::/64", "address:2001:db8:0:0::/64"],
  ["address:::1", "address:0:0:0:0::/64"],
  ["address:::ffff:192.0.2.7", "address:192.0.2.7"],
])("%s is counted as %s, and that as itself", (caller, counted) => {
  expect(parseCaller(caller, "principal")).toBe(counted);
  expect(parseCaller(counted, "principal")).toBe(counted);
});

test.each([
  "user:1",
  "user:",
  "key:not-an-id",
  "address:",
  "address:unknown",
  "address:192.0.2.256",
  "address:192.0.2.07",
  "address:192.0.2",
  "address:192.0.2.7/24",
  "address:2001:db8::1::2",
  "address:2001:db8::g",
  "address:2001:db8:1:2:3::/64/64",
  "address:1:2:3:4:5:6:7:8:9",
])("%s is 400", (caller) => {
  expect(refusalOf(caller)).toBe("LIMIT_CALLER");
});

test("a network that is none of 64 bits is 400, as it is not what anybody is counted by", () => {
  expect(refusalOf("address:2001:db8::/48")).toBe("LIMIT_CALLER");
  expect(refusalOf("address:192.0.2.0::/64")).toBe("LIMIT_CALLER");
});

describe("a limit of addresses", () => {
  test("knows no people and no keys", () => {
    expect(refusalOf(`user:${ID}`, "address")).toBe("LIMIT_CALLER");
    expect(refusalOf(`key:${ID}`, "address")).toBe("LIMIT_CALLER");
  });

  test.each(["192.0.2.7", "2001:db8:1:2:3:4:5:6", "2001:db8::1", "::1"])("counts %s by the key of its caller", (ip) => {
    const caller = parseCaller(`address:${ip}`, "address");
    expect(toLimiterKey(caller, "address")).toBe(toAddressKey(ip));
    expect(toCaller(toAddressKey(ip), "address")).toBe(caller);
  });
});

test("a limit of callers counts them by their name", () => {
  expect(toLimiterKey("address:192.0.2.7", "principal")).toBe("address:192.0.2.7");
  expect(toCaller(`user:${ID}`, "principal")).toBe(`user:${ID}`);
});
