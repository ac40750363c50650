import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import type { Call } from "../../middleware/chain.ts";
import { createLimitRegistry } from "../limits.registry.ts";
import { listBlocked } from "./blocked.ts";
import { limitBlockedPage, type LimitBlockedItem } from "./refusals.schema.ts";

const callOf = (path: string): Call => ({
  path,
  type: "query",
  meta: { access: "viewer", limit: "read", description: "" },
});
const one = callOf("test.one");
const two = callOf("test.two");
const ownRate = { ratePerSecond: 1, burst: 1 };

function setup() {
  const clock = createFakeClock();
  const registry = createLimitRegistry({
    clock,
    overrides: { "test.one": ownRate, "test.two": ownRate, read: { concurrency: 1, queue: 0 } },
    catalog: () => [one, two],
  });
  const asked: (readonly string[])[] = [];
  const describeCallers = (callers: readonly string[]) => {
    asked.push(callers);
    return Promise.resolve(new Map([["user:ada", "ada@desk.test"]]));
  };
  const list = (query: { name?: string; cursor?: string; limit?: number } = {}) =>
    listBlocked({ clock, registry, describeCallers }, { limit: 50, ...query });
  /** The first of these calls is allowed. */
  const call = (of: Call, key: string, times: number): void => {
    for (let count = 0; count < times; count += 1) registry.takePrincipal(of, key);
  };
  return { clock, registry, asked, list, call };
}

const tell = ({ items }: { items: LimitBlockedItem[] }): string[] =>
  items.map(({ name, caller, refused }) => `${name} ${caller} ${refused}`);

test("whoever was refused is told, with what it takes to help", async () => {
  const { clock, list, call, asked } = setup();
  call(one, "user:ada", 11);
  await clock.advance(250);
  const page = await list();
  expect(limitBlockedPage.parse(page)).toEqual(page);
  expect(page).toEqual({
    items: [
      {
        name: "test.one.rate",
        caller: "user:ada",
        label: "ada@desk.test",
        refused: 10,
        refusedPerSecond: 1,
        lastAt: "2026-01-01T00:00:00.000Z",
        retryAfterMs: 750,
        hasOverride: false,
      },
    ],
    nextCursor: null,
    asOf: "2026-01-01T00:00:00.250Z",
  });
  expect(asked).toEqual([["user:ada"]]);
});

test("whoever was not refused is not told, nor who was only 15 minutes ago", async () => {
  const { clock, list, call, registry } = setup();
  call(one, "user:ada", 1);
  registry.tryAcquire(two);
  registry.tryAcquire(two);
  expect(tell(await list())).toEqual([]);
  call(one, "user:ada", 1);
  await clock.advance(15 * 60_000);
  expect(tell(await list())).toEqual([]);
});

test("a network that is refused by its address has the caller's name", async () => {
  const { list, registry } = setup();
  for (let count = 0; count < 4001; count += 1) registry.takeAddress("2001:db8::7");
  expect(tell(await list())).toEqual(["address.rate address:2001:db8:0:0::/64 1"]);
});

test("last refused first, by limit and caller where they were at once, and of one limit if asked", async () => {
  const { clock, list, call } = setup();
  call(two, "user:early", 2);
  await clock.advance(1);
  call(two, "user:b", 2);
  call(two, "user:a", 3);
  call(one, "user:c", 2);
  expect(tell(await list())).toEqual([
    "test.one.rate user:c 1",
    "test.two.rate user:a 2",
    "test.two.rate user:b 1",
    "test.two.rate user:early 1",
  ]);
  expect(tell(await list({ name: "test.one.rate" }))).toEqual(["test.one.rate user:c 1"]);
  expect(tell(await list({ name: "read.concurrency" }))).toEqual([]);
  await expect(list({ name: "nothing.rate" })).rejects.toMatchObject({ code: "LIMIT_NOT_FOUND" });
});

test("pages follow on each other, and ask for the names of their own callers only", async () => {
  const { clock, list, call, asked } = setup();
  for (const key of ["user:e", "user:d", "user:c"]) call(one, key, 2);
  await clock.advance(5);
  for (const key of ["user:b", "user:a"]) {
    call(one, key, 2);
    call(two, key, 2);
  }
  const whole = tell(await list());
  const pages: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(2);
    pages.push(...tell(page));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(pages).toEqual(whole);
  expect(whole).toHaveLength(7);
  // The last one does not promise another.
  expect((await list({ limit: 7 })).nextCursor).toBeNull();
  expect(asked.slice(1, 5).map((callers) => callers.length)).toEqual([2, 2, 2, 1]);
});

test("a cursor of another list is refused", async () => {
  const { list } = setup();
  const cursor = Buffer.from(JSON.stringify(["limits.history", 1, "a", "b"])).toString("base64url");
  await expect(list({ cursor })).rejects.toMatchObject({ code: "CURSOR_INVALID" });
  const short = Buffer.from(JSON.stringify(["limits.blocked", 1])).toString("base64url");
  await expect(list({ cursor: short })).rejects.toMatchObject({ code: "CURSOR_INVALID" });
});

test("a caller with an allowance of its own is told so, and when its own allows it", async () => {
  const { list, call, registry } = setup();
  registry.applyOverrides(
    new Map([
      [
        "test.one.rate",
        [
          {
            caller: "user:ada",
            values: { limit: 4, burst: 2, queueLimit: null },
            revision: 1,
            by: "owner@desk.test",
            at: "2026-01-01T00:00:00.000Z",
            reason: null,
            until: null,
          },
        ],
      ],
    ]),
  );
  call(one, "user:ada", 3);
  call(one, "user:bob", 2);
  const { items } = await list();
  expect(items.map(({ caller, hasOverride, retryAfterMs }) => [caller, hasOverride, retryAfterMs])).toEqual([
    ["user:ada", true, 250],
    ["user:bob", false, 1000],
  ]);
});
