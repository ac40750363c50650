import { expect, test } from "vitest";
import { toConnectionFailure } from "./connection-failure.ts";

const withCode = (code: string, more: object = {}): Error => Object.assign(new Error("connect"), { code, ...more });

test("a connection that is refused, cut or shut down is 503 with a time to try again", () => {
  const failures = [
    withCode("ECONNREFUSED"),
    withCode("ECONNRESET"),
    withCode("57P01"),
    withCode("57P03"),
    withCode("08006"),
    withCode("ENOENT", { syscall: "connect" }),
    new Error("Connection terminated unexpectedly"),
    new Error("Failed", { cause: new Error("Failed", { cause: withCode("EPIPE") }) }),
  ];
  for (const failure of failures) {
    expect(toConnectionFailure(failure), failure.message).toMatchObject({
      kind: "SERVICE_UNAVAILABLE",
      code: "DEPENDENCY_UNAVAILABLE",
      retryAfterMs: 1000,
      cause: failure,
    });
  }
});

test("any other failure is none", () => {
  const others = [
    withCode("23505"),
    withCode("57014"),
    withCode("ENOENT", { syscall: "open" }),
    new Error("terminated"),
    "ECONNREFUSED",
    undefined,
  ];
  for (const other of others) expect(toConnectionFailure(other)).toBeUndefined();
});
