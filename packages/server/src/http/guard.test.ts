import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { isAppError } from "../platform/errors.ts";
import { requireSafeRequest } from "./guard.ts";

const origin = "http://127.0.0.1:4600";
const json = { "content-type": "application/json" };

function codeOf(headers: IncomingHttpHeaders, method = "POST"): string {
  try {
    requireSafeRequest({ method, headers } as IncomingMessage, () => new Set([origin]));
    return "accepted";
  } catch (error) {
    if (!isAppError(error)) throw error;
    return error.code;
  }
}

describe("requireSafeRequest", () => {
  it("accepts JSON from the dashboard and from a client with a key", () => {
    expect(codeOf({ ...json, origin, cookie: "a=b", "sec-fetch-site": "same-origin" })).toBe("accepted");
    expect(codeOf({ ...json, authorization: "Bearer k" })).toBe("accepted");
    expect(codeOf({ "content-type": "application/json; charset=utf-8" })).toBe("accepted");
  });

  it("refuses what a form of another page could send", () => {
    for (const type of [
      "multipart/form-data; boundary=x",
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/jsonp",
    ]) {
      expect(codeOf({ "content-type": type, origin })).toBe("JSON_REQUIRED");
    }
    expect(codeOf({ origin })).toBe("JSON_REQUIRED");
  });

  it("refuses a foreign origin, cookie or not", () => {
    expect(codeOf({ ...json, origin: "https://evil.example" })).toBe("ORIGIN_REFUSED");
    expect(codeOf({ ...json, origin: "null", cookie: "a=b" })).toBe("ORIGIN_REFUSED");
  });

  it("refuses a cookie that comes without an origin or from another site", () => {
    expect(codeOf({ ...json, cookie: "a=b" })).toBe("ORIGIN_REFUSED");
    expect(codeOf({ ...json, cookie: "a=b", origin, "sec-fetch-site": "same-site" })).toBe("ORIGIN_REFUSED");
  });

  it("refuses a body announced above 1 MiB before reading it", () => {
    expect(codeOf({ ...json, "content-length": "1048577" })).toBe("BODY_TOO_LARGE");
    expect(codeOf({ ...json, "content-length": "1048576" })).toBe("accepted");
  });

  it("leaves reads alone", () => {
    expect(codeOf({ cookie: "a=b", origin: "https://evil.example" }, "GET")).toBe("accepted");
  });
});
