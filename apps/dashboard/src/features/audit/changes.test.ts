import { expect, it } from "vitest";
import { changesOf, shortId } from "./changes.ts";

it("tells what changed value by value and counts what did not", () => {
  const before = { role: "viewer", profile: { name: "Wei", zone: "UTC" }, tags: ["a"] };
  const after = { role: "operator", profile: { name: "Wei", zone: "Asia/Shanghai" }, tags: ["a"] };
  expect(changesOf({ before, after })).toEqual({
    changed: [
      { key: "role", before: "viewer", after: "operator", isSecret: false },
      { key: "profile.zone", before: "UTC", after: "Asia/Shanghai", isSecret: false },
    ],
    same: 2,
  });
});

it("shows what was made or removed with one side only", () => {
  expect(changesOf({ before: null, after: { created: 3 } }).changed).toMatchObject([
    { key: "created", before: undefined, after: "3" },
  ]);
  expect(changesOf({ before: { name: "ci" }, after: null }).changed).toMatchObject([
    { key: "name", before: "ci", after: undefined },
  ]);
});

it("names a secret that stayed redacted, since whether it changed cannot be told", () => {
  const { changed, same } = changesOf({
    before: { name: "ci", password: "[redacted]" },
    after: { name: "ci", password: "[redacted]" },
  });
  expect(changed).toEqual([{ key: "password", before: "[redacted]", after: "[redacted]", isSecret: true }]);
  expect(same).toBe(1);
});

it("tells text from a number of the same look, and shortens only how numbers are written", () => {
  expect(changesOf({ before: { at: "1" }, after: { at: 1 } }).changed).toHaveLength(1);
  expect(changesOf({ before: { ttlMs: 1.00004 }, after: { ttlMs: 2.00004 } }).changed).toMatchObject([
    { key: "ttlMs", before: "1", after: "2" },
  ]);
});

it("shortens ids by their tail and leaves other names whole", () => {
  expect(shortId("01a20800-4059-71b3-999c-04dd03041e92")).toBe("03041e92");
  expect(shortId("user:42:profile")).toBe("user:42:profile");
});
