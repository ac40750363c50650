import { expect, test } from "vitest";
import { toFingerprint, toPattern, toPlace } from "./fingerprint.ts";

test.each([
  ["Timed out after 30 ms", "Timed out after 1,500.25 ms"],
  ["No invoice 0193b2a0-0000-7000-8000-00000000000a", "No invoice 7C9E6679-7425-40DE-944B-E07FC1F90AE7"],
  ['Key "a b" is taken', 'Key "it\'s" is taken'],
  ["Cannot read `x`", "Cannot read `y.z`"],
  ["ENOENT: open '/tmp/a/b.json'", "ENOENT: open '/var/c'"],
  ["cannot open /tmp/a/b.json: no such file", "cannot open ./data/x.csv: no such file"],
  [String.raw`cannot open C:\data\a.txt`, String.raw`cannot open D:\x.txt`],
  ["mail to ann@example.com bounced", "mail to bob.o+x@mail.example.co.uk bounced"],
  ["GET https://a.example/x?y=1 answered 500", "GET http://localhost:4600/z answered 503"],
  ["commit 3f2a9c1b is gone", "commit 00ff00aa is gone"],
  ["at 0xDEADBEEF", "at 0x1"],
  ["connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED 10.0.0.17:6379"],
  ["line one\n  line two", "line one line two"],
])("%j and %j have one pattern", (one, other) => {
  expect(toPattern(one)).toBe(toPattern(other));
});

test("messages of another kind keep their own pattern", () => {
  const patterns = [
    "connect ECONNREFUSED 127.0.0.1:5432",
    "connect ETIMEDOUT 127.0.0.1:5432",
    "The customer doesn't exist and can't be made",
    "The customer doesn't exist",
    "and/or is not allowed",
    "",
  ].map(toPattern);
  expect(new Set(patterns).size).toBe(patterns.length);
  expect(toPattern("The customer doesn't exist and can't be made")).toContain("doesn't exist");
  expect(toPattern("and/or is not allowed")).toBe("and/or is not allowed");
});

test("words that happen to be made of hex digits stay", () => {
  expect(toPattern("facade decade added")).toBe("facade decade added");
});

test("the place is the first line that is the application's own, without line and column", () => {
  const stack = `Error: no
    at Object.query (node:internal/x:1:2)
    at Client.run (/app/node_modules/.pnpm/pg@8/node_modules/pg/lib/client.js:10:5)
    at async sendMail (file:///app/src/jobs/send-mail.job.ts:12:34)
    at async other (/app/src/other.ts:1:1)`;
  expect(toPlace(stack)).toBe("send-mail.job.ts sendMail");
  expect(toPlace(stack.replace("12:34", "99:1"))).toBe("send-mail.job.ts sendMail");
  expect(toPlace("Error: no\n    at /app/src/jobs/x.ts:3:4")).toBe("x.ts");
  expect(toPlace("Error: no\n    at Object.<anonymous> (/app/y.ts:3:4)")).toBe("y.ts <anonymous>");
  expect(toPlace("Error: no\n    at new Mailer (C:\\app\\mailer.ts:3:4)")).toBe("mailer.ts Mailer");
  expect(toPlace("Error: no\n    at node:internal/a:1:1\n    at <anonymous>")).toBeNull();
  expect(toPlace(null)).toBeNull();
});

test("a fingerprint is of job, kind of error, pattern and place", () => {
  const error = { name: "Error", message: "Timed out after 30 ms", stack: "Error\n    at run (/app/a.ts:1:1)" };
  const { fingerprint } = toFingerprint("mail.send", error);
  expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(toFingerprint("mail.send", { ...error, message: "Timed out after 9 ms" }).fingerprint).toBe(fingerprint);
  const others = [
    toFingerprint("mail.other", error),
    toFingerprint("mail.send", { ...error, name: "TypeError" }),
    toFingerprint("mail.send", { ...error, message: "Refused" }),
    toFingerprint("mail.send", { ...error, stack: "Error\n    at run (/app/b.ts:1:1)" }),
    toFingerprint("mail.send", { ...error, stack: null }),
  ].map((other) => other.fingerprint);
  expect(new Set([...others, fingerprint]).size).toBe(6);
});

test("a pattern that is cut within a character can still be stored", () => {
  expect(toPattern(`${"x".repeat(499)}\u{1F600}`).isWellFormed()).toBe(true);
});

test("no message makes it slow", () => {
  const long = [
    "a".repeat(2000),
    "1".repeat(2000),
    "/".repeat(2000),
    "/a".repeat(1000),
    "@".repeat(2000),
    "'".repeat(2000),
  ];
  const more = [
    "a.".repeat(1000),
    "1.".repeat(1000),
    "a@".repeat(1000),
    `${"a".repeat(64)}@`.repeat(30),
    "0x".repeat(1000),
  ];
  const start = performance.now();
  for (const message of [...long, ...more]) toPattern(message.repeat(50));
  expect(performance.now() - start).toBeLessThan(500);
});
