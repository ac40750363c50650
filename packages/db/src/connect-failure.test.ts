import { expect, test } from "vitest";
import { checkDatabaseUrl, checkServerVersion, toConnectError } from "./connect-failure.ts";

const URL_WITH_PASSWORD = "postgresql://ann:s3cret@db.example.com:5432/shop?sslmode=require";

function failWith(code: string, message = "boom") {
  return toConnectError(Object.assign(new Error(message), { code }), URL_WITH_PASSWORD).publicMessage;
}

test.each(["ECONNREFUSED", "ENOTFOUND", "28P01", "28000", "3D000", "42501", "53300", "57P03", "EWHATEVER"])(
  "the sentence for %s names the address and hides the password",
  (code) => {
    expect(failWith(code)).toContain("postgresql://ann@db.example.com:5432/shop");
    expect(failWith(code)).not.toContain("s3cret");
  },
);

test.each([
  ["SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string", "refused the user or password"],
  ["timeout expired", "does not answer"],
  ["Connection terminated due to connection timeout", "does not answer"],
])("a failure without a code, %s, is known by its text", (message, sentence) => {
  expect(toConnectError(new Error(message), URL_WITH_PASSWORD).publicMessage).toContain(sentence);
});

test("an unknown failure carries the driver's words", () => {
  expect(failWith("EWHATEVER", "self-signed certificate")).toContain("(self-signed certificate)");
});

test("a host with several addresses is reported by its first failure", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  expect(toConnectError(new AggregateError([refused, refused]), URL_WITH_PASSWORD).publicMessage).toContain(
    "Nothing listens",
  );
});

test.each(["", "not an address", "mysql://ann:s3cret@host/db", "ann:s3cret@host/db"])(
  "%j is refused as an address without being repeated",
  (url) => {
    expect(() => checkDatabaseUrl(url)).toThrow("DATABASE_URL is no Postgres address");
    expect(() => checkDatabaseUrl(url)).not.toThrow("s3cret");
  },
);

test("Postgres 14 is too old and 15 is not", () => {
  expect(() => checkServerVersion(140_012, URL_WITH_PASSWORD)).toThrow(
    "is Postgres 14: Postgres 15 or newer is needed",
  );
  expect(() => checkServerVersion(150_000, URL_WITH_PASSWORD)).not.toThrow();
});
