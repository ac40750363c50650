import { expect, test } from "vitest";
import { isPassingFailure, toStartError } from "./start-failure.ts";

test.each([
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', "disk of /data is full"],
  ["initdb: error: could not create directory: Read-only file system", "read-only file system"],
  ['FATAL:  could not open file "postgresql.conf": Permission denied', "give that folder back"],
  ["FATAL:  database files are incompatible with server", "another major version"],
  ["FATAL:  could not map anonymous shared memory: Cannot allocate memory", "not enough memory"],
])("%s becomes one sentence", (output, sentence) => {
  expect(toStartError(`LOG:  starting PostgreSQL\n${output}`, "/data").publicMessage).toContain(sentence);
});

test("an unknown failure is quoted by its fatal line", () => {
  const { publicMessage } = toStartError("LOG:  starting\nFATAL:  the moon is wrong\nLOG:  shut down", "/data");
  expect(publicMessage).toBe("The embedded Postgres in /data did not start (FATAL:  the moon is wrong).");
});

test("a predecessor that is still going down is worth another try", () => {
  expect(isPassingFailure('FATAL:  lock file "postmaster.pid" already exists')).toBe(true);
  expect(isPassingFailure('FATAL:  lock file "postmaster.pid" is empty')).toBe(true);
  expect(isPassingFailure("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use")).toBe(true);
  expect(isPassingFailure("FATAL:  the moon is wrong")).toBe(false);
});
