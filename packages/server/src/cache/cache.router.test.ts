import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { findAppError } from "../platform/errors.ts";
import { t } from "../trpc/init.ts";
import type { Role } from "../trpc/roles.ts";
import { createTestContext } from "../trpc/test-context.ts";
import { createCacheRouter } from "./cache.router.ts";
import { createCache } from "./cache.service.ts";

function setup(role: Role) {
  const clock = createFakeClock();
  const router = createCacheRouter(createCache({ clock }));
  const { context, audited } = createTestContext({ role });
  return { caller: t.createCallerFactory(router)(context), audited };
}

test("a value that an operator sets is read, listed and removed", async () => {
  const { caller } = setup("operator");
  await caller.set({ key: "user:1", value: { name: "Ada" }, tags: ["users"] });
  expect(await caller.get({ key: "user:1" })).toMatchObject({
    found: true,
    value: { name: "Ada" },
    entry: { ttlMs: 600_000 },
  });
  expect(await caller.list()).toMatchObject({ items: [{ key: "user:1", tags: ["users"] }], nextCursor: null });
  expect(await caller.invalidatePreview({ tag: "users" })).toMatchObject({ keys: 1, sample: ["user:1"] });
  expect(await caller.invalidateTag({ tag: "users" })).toEqual({ removed: 1 });
  expect(await caller.get({ key: "user:1" })).toEqual({ found: false, value: null, entry: null });
  expect(await caller.stats()).toMatchObject({ entries: 0 });
  expect(await caller.namespaces()).toMatchObject({ items: [{ name: "user", keys: 0 }] });
});

test("a viewer reads and changes nothing", async () => {
  const { caller } = setup("viewer");
  expect(await caller.get({ key: "a" })).toMatchObject({ found: false });
  await expect(caller.set({ key: "a", value: 1 })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(caller.invalidatePrefix({ prefix: "a" })).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("the audit log is told what a key held before and after", async () => {
  const { caller, audited } = setup("operator");
  await caller.set({ key: "a", value: 1 });
  await caller.set({ key: "a", value: 2 });
  await caller.delete({ key: "a" });
  expect(audited.map((entry) => entry.note)).toMatchObject([
    { targetType: "cacheKey", targetId: "a", before: null, after: { value: 1 } },
    { before: { value: 1 }, after: { value: 2 } },
    { before: { value: 2 }, after: null },
  ]);
});

test("a large value is not copied into the audit log", async () => {
  const { caller, audited } = setup("operator");
  await caller.set({ key: "a", value: "x".repeat(20_000) });
  expect(audited[0]?.note.after).toMatchObject({ isValueLeftOut: true });
  expect(audited[0]?.note.after).not.toHaveProperty("value");
});

test("a value above 512 KiB is 413 with its size", async () => {
  const { caller } = setup("operator");
  const error: unknown = await caller
    .set({ key: "a", value: "x".repeat(600 * 1024) })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  expect(findAppError(error)).toMatchObject({ code: "CACHE_VALUE_TOO_LARGE" });
});
