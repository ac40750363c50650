import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createAddressOf } from "./address.ts";

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  }) as unknown as IncomingMessage;

describe("createAddressOf", () => {
  it("believes nobody's header by default", () => {
    expect(createAddressOf([])(request("203.0.113.9", "1.2.3.4"))).toBe("203.0.113.9");
  });

  it("takes the nearest address that is no trusted proxy", () => {
    const addressOf = createAddressOf(["10.0.0.0/8"]);
    expect(addressOf(request("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2"))).toBe("203.0.113.9");
    expect(addressOf(request("203.0.113.7", "1.2.3.4"))).toBe("203.0.113.7");
  });

  it("stops at an entry that is no address", () => {
    expect(createAddressOf(["10.0.0.1"])(request("10.0.0.1", "1.2.3.4, <script>"))).toBe("10.0.0.1");
  });

  it("reads an IPv4 peer on a dual-stack socket", () => {
    expect(createAddressOf([])(request("::ffff:127.0.0.1"))).toBe("127.0.0.1");
  });
});
