import { createFakeClock } from "@switchboard/testing";
import { describe, expect, test } from "vitest";
import type { Call } from "../middleware/chain.ts";
import type { LimitClass } from "../trpc/meta.ts";
import { limitSchema, type LimitRow } from "./limits.schema.ts";
import type { PolicyOverrides } from "./limits.policies.ts";
import { createLimitRegistry, type LimitRegistry } from "./limits.registry.ts";

const callOf = (path: string, limit: LimitClass): Call => ({
  path,
  type: "query",
  meta: { access: "viewer", limit, description: "" },
});
const usersList = callOf("users.list", "read");
const usersGet = callOf("users.get", "read");
const usersCreate = callOf("users.create", "write");
const rateLimited = callOf("lab.rateLimited", "lab");
const labFast = callOf("lab.fast", "lab");
const catalog = [usersList, usersGet, usersCreate, rateLimited, labFast];

function setup(overrides: PolicyOverrides = {}, calls: readonly Call[] = catalog) {
  const clock = createFakeClock();
  return { clock, limits: createLimitRegistry({ clock, overrides, catalog: () => calls }) };
}

const rowsOf = (limits: LimitRegistry): LimitRow[] => limits.gates().map((gate) => gate.row());

const never = new AbortController().signal;

describe("rates", () => {
  test("procedures of a class share a caller's allowance, callers do not", () => {
    const { limits } = setup({ read: { ratePerSecond: 10, burst: 3 } });
    expect([usersList, usersGet, usersList].map((call) => limits.takePrincipal(call, "user:1").allowed)).toEqual([
      true,
      true,
      true,
    ]);
    expect(limits.takePrincipal(usersGet, "user:1")).toMatchObject({
      allowed: false,
      policy: "read",
      limit: 10,
      retryAfterMs: 100,
    });
    expect(limits.takePrincipal(usersGet, "user:2").allowed).toBe(true);
    expect(limits.takePrincipal(usersCreate, "user:1").allowed).toBe(true);
  });

  test("a policy of a procedure goes over its class and leaves the class alone", () => {
    const { limits } = setup({ "users.get": { ratePerSecond: 1, burst: 1 } });
    expect(limits.takePrincipal(usersGet, "user:1")).toMatchObject({ allowed: true, policy: "users.get" });
    expect(limits.takePrincipal(usersGet, "user:1").allowed).toBe(false);
    expect(limits.takePrincipal(usersList, "user:1")).toMatchObject({ allowed: true, policy: "read" });
  });

  test("a rate below one per second is one call in as many seconds", async () => {
    const { clock, limits } = setup({ "users.get": { ratePerSecond: 0.5, burst: 1 } });
    expect(limits.takePrincipal(usersGet, "user:1")).toMatchObject({ allowed: true, limit: 1, windowMs: 2000 });
    expect(limits.takePrincipal(usersGet, "user:1").retryAfterMs).toBe(2000);
    await clock.advance(2000);
    expect(limits.takePrincipal(usersGet, "user:1").allowed).toBe(true);
  });

  test("lab.rateLimited allows exactly 50 calls in any 10 s and blocks no other procedure", async () => {
    const { clock, limits } = setup();
    const take = (): boolean => limits.takePrincipal(rateLimited, "address:192.0.2.1").allowed;
    expect(Array.from({ length: 60 }, take).filter(Boolean)).toHaveLength(50);
    expect(limits.peekPrincipal("lab.rateLimited", "address:192.0.2.1")).toMatchObject({
      remaining: 0,
      resetMs: 10_000,
    });
    expect(limits.takePrincipal(labFast, "address:192.0.2.1").allowed).toBe(true);
    expect(limits.takePrincipal(rateLimited, "address:192.0.2.2").allowed).toBe(true);
    await clock.advance(9999);
    expect(take()).toBe(false);
    await clock.advance(1);
    expect(Array.from({ length: 60 }, take).filter(Boolean)).toHaveLength(50);
  });

  test("addresses of one IPv6 network are one caller", () => {
    const { limits } = setup({ lab: { burst: 1 } });
    expect(limits.takePrincipal(labFast, "address:2001:db8::1").allowed).toBe(true);
    expect(limits.takePrincipal(labFast, "address:2001:db8::2").allowed).toBe(false);
    expect(limits.takePrincipal(labFast, "address:2001:db8:0:1::1").allowed).toBe(true);
  });

  test("an address may send 4,000 calls at once and 2,000 per second", async () => {
    const { clock, limits } = setup();
    const take = (): boolean => limits.takeAddress("192.0.2.1").allowed;
    expect(Array.from({ length: 4100 }, take).filter(Boolean)).toHaveLength(4000);
    await clock.advance(1000);
    expect(Array.from({ length: 2100 }, take).filter(Boolean)).toHaveLength(2000);
  });
});

describe("slots", () => {
  test("calls of a class share its slots, and one too many waits", async () => {
    const { limits } = setup({ read: { concurrency: 1, queue: 1 } });
    const held = await limits.acquire(usersList, never);
    const waiting = limits.acquire(usersGet, never);
    await expect(limits.acquire(usersGet, never)).rejects.toMatchObject({ code: "CONCURRENCY_FULL" });
    expect(limits.find("read.concurrency").row()).toMatchObject({
      inFlight: 1,
      waiting: 1,
      usage: 1,
      rejected: 1,
      allowed: 1,
    });
    held.release();
    (await waiting).release();
    expect(limits.find("read.concurrency").row()).toMatchObject({ inFlight: 0, waiting: 0, allowed: 2 });
  });

  test("a policy of a procedure without slots uses those of its class", async () => {
    const { limits } = setup({ "users.get": { ratePerSecond: 1 }, read: { concurrency: 1, queue: 0 } });
    const held = await limits.acquire(usersList, never);
    await expect(limits.acquire(usersGet, never)).rejects.toMatchObject({ code: "CONCURRENCY_FULL" });
    held.release();
  });
});

describe("rows", () => {
  test("the address, the classes in use and the policies of procedures are listed once each", () => {
    const { limits } = setup({ "users.get": { ratePerSecond: 1 } });
    expect(rowsOf(limits).map((row) => row.name)).toEqual([
      "address.rate",
      "read.rate",
      "read.concurrency",
      "write.rate",
      "write.concurrency",
      "lab.rate",
      "lab.concurrency",
      "users.get.rate",
      "lab.rateLimited.rate",
    ]);
  });

  test("limits of the lab are not shown where the lab is off", () => {
    const { limits } = setup({}, [usersList]);
    expect(rowsOf(limits).some((row) => row.name.startsWith("lab"))).toBe(false);
  });

  test("every row fits the wire", () => {
    const { limits } = setup();
    limits.takePrincipal(rateLimited, "user:1");
    for (const row of rowsOf(limits)) expect(limitSchema.parse(row)).toEqual(row);
  });

  test("a row shows who uses it and how many were refused", async () => {
    const { clock, limits } = setup({ read: { ratePerSecond: 1, burst: 10 } });
    for (let call = 0; call < 30; call += 1) limits.takePrincipal(usersList, "user:1");
    limits.takePrincipal(usersList, "user:2");
    expect(limits.find("read.rate").row()).toMatchObject({
      limit: 1,
      windowMs: 1000,
      burst: 10,
      usage: 1,
      allowed: 11,
      rejected: 20,
      rejectedPerSecond: 2,
      top: [
        { key: "user:1", used: 10 },
        { key: "user:2", used: 1 },
      ],
    });
    await clock.advance(10_000);
    expect(limits.find("read.rate").row()).toMatchObject({ usage: 0, rejected: 20, rejectedPerSecond: 0, top: [] });
  });

  test("an unknown limit is 404", () => {
    expect(() => setup().limits.find("nothing.rate")).toThrow(
      expect.objectContaining({ code: "LIMIT_NOT_FOUND", kind: "NOT_FOUND" }),
    );
  });
});

describe("calls that wait", () => {
  test("a long poll and a subscription leave the slots of their class to work", async () => {
    const poll: Call = { ...usersList, path: "queue.jobs.result", meta: { ...usersList.meta, isLongPoll: true } };
    const stream: Call = { ...usersList, path: "stats.live", type: "subscription" };
    const { limits } = setup({ read: { concurrency: 1, queue: 0 } }, [usersList, poll, stream]);
    const held = await Promise.all([
      limits.acquire(poll, never),
      limits.acquire(stream, never),
      limits.acquire(usersList, never),
    ]);
    await expect(limits.acquire(usersGet, never)).rejects.toMatchObject({ code: "CONCURRENCY_FULL" });
    expect(limits.find("waiting.concurrency").row()).toMatchObject({ inFlight: 2, limit: 1000 });
    expect(limits.find("read.concurrency").row()).toMatchObject({ inFlight: 1, limit: 1 });
    for (const permit of held) permit.release();
    expect(limits.find("waiting.concurrency").row()).toMatchObject({ inFlight: 0 });
  });
});

describe("callers with an allowance of their own", () => {
  const overrideOf = (caller: string, burst: number | null) => ({
    caller,
    values: { limit: 5, burst, queueLimit: null },
    revision: 1,
    by: "a",
    at: "",
    reason: null,
    until: null,
  });

  test("have it at the limit it is of, from the first call on, and lose it with the next list", () => {
    const { limits } = setup({ "users.get": { ratePerSecond: 10, burst: 10 } });
    const own = overrideOf("user:1", 30);
    expect(limits.applyOverrides(new Map([["users.get.rate", [own]]]))).toEqual([]);
    expect(limits.takePrincipal(usersGet, "user:1")).toMatchObject({ limit: 5, remaining: 29 });
    expect(limits.takePrincipal(usersGet, "user:2")).toMatchObject({ limit: 10, remaining: 9 });
    expect(limits.takePrincipal(usersList, "user:1")).toMatchObject({ limit: 1000, remaining: 199 });
    expect(limits.peekPrincipal("users.get", "user:1").remaining).toBe(29);
    expect(limits.applyOverrides(new Map())).toEqual([]);
    expect(limits.takePrincipal(usersGet, "user:1")).toMatchObject({ limit: 10, remaining: 8 });
  });

  test("that no limit can run are named, and the others run", () => {
    const { limits } = setup();
    const [gone, unfit, fit] = [overrideOf("user:1", 5), overrideOf("user:2", null), overrideOf("user:3", 5)];
    const byName = new Map([
      ["gone.rate", [gone]],
      ["read.concurrency", [gone]],
      ["read.rate", [unfit, fit]],
    ]);
    expect(limits.applyOverrides(byName)).toEqual([
      { name: "gone.rate", override: gone },
      { name: "read.concurrency", override: gone },
      { name: "read.rate", override: unfit },
    ]);
    expect(limits.findRate("read.rate").overrides()).toEqual([fit]);
    expect(() => limits.findRate("read.concurrency")).toThrow("slots");
  });
});
