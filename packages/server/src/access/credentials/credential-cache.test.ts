import { createFakeClock } from "@switchboard/testing";
import { expect, test, vi } from "vitest";
import type { Principal } from "../../trpc/context.ts";
import { createCredentialCache, CREDENTIAL_TTL_MS } from "./credential-cache.ts";

const ann: Principal = {
  kind: "session",
  userId: "u1",
  email: "a@b.c",
  name: "Ann",
  role: "viewer",
  credentialId: "s1",
};

test("a principal is kept for two seconds and then asked for again", async () => {
  const clock = createFakeClock();
  const cache = createCredentialCache(clock);
  const load = vi.fn(() => Promise.resolve(ann));
  await cache.get("k", load);
  await clock.advance(CREDENTIAL_TTL_MS);
  await cache.get("k", load);
  expect(load).toHaveBeenCalledTimes(1);
  await clock.advance(1);
  await cache.get("k", load);
  expect(load).toHaveBeenCalledTimes(2);
});

test("callers that miss together share one load, and nothing found is not kept", async () => {
  const cache = createCredentialCache(createFakeClock());
  const load = vi.fn(() => Promise.resolve(undefined));
  await Promise.all([cache.get("k", load), cache.get("k", load)]);
  expect(load).toHaveBeenCalledTimes(1);
  await cache.get("k", load);
  expect(load).toHaveBeenCalledTimes(2);
});

test("what was read before a revocation and arrives after it is not kept, and no later caller joins it", async () => {
  const cache = createCredentialCache(createFakeClock());
  const slow = Promise.withResolvers<Principal | undefined>();
  const early = cache.get("k", () => slow.promise);
  cache.forget(({ userId }) => userId === "u1");
  const late = cache.get("k", () => Promise.resolve(undefined));
  slow.resolve(ann);
  expect(await early).toBe(ann);
  expect(await late).toBeUndefined();
  expect(await cache.get("k", () => Promise.resolve(undefined))).toBeUndefined();
});

test("forgetting one person leaves the others", async () => {
  const cache = createCredentialCache(createFakeClock());
  const bob = { ...ann, userId: "u2" };
  await cache.get("a", () => Promise.resolve(ann));
  await cache.get("b", () => Promise.resolve(bob));
  cache.forget(({ userId }) => userId === "u1");
  expect(await cache.get("a", () => Promise.resolve(undefined))).toBeUndefined();
  expect(await cache.get("b", () => Promise.resolve(undefined))).toBe(bob);
});

test("asked for afresh, it loads whatever is kept, and a load that began before does not undo what it found", async () => {
  const cache = createCredentialCache(createFakeClock());
  const proven = { ...ann, isVerified: true };
  await cache.get("k", () => Promise.resolve(ann));
  expect(await cache.refresh("k", () => Promise.resolve(proven))).toBe(proven);
  expect(await cache.get("k", () => Promise.resolve(undefined))).toBe(proven);

  const slow = Promise.withResolvers<Principal | undefined>();
  cache.forget(() => true);
  const early = cache.get("k", () => slow.promise);
  await cache.refresh("k", () => Promise.resolve(proven));
  slow.resolve(ann);
  expect(await early).toBe(ann);
  expect(await cache.get("k", () => Promise.resolve(undefined))).toBe(proven);
});
