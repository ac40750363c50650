import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import type { Call } from "../../middleware/chain.ts";
import { createLimitRegistry } from "../limits.registry.ts";
import { listBlocked } from "../refusals/blocked.ts";
import { rehearse } from "./rehearse.ts";

const one: Call = { path: "test.one", type: "query", meta: { access: "viewer", limit: "read", description: "" } };
const name = "test.one.rate";
const ADDRESSES = 200_000;

test("200,000 addresses that are refused within a second leave lists that are short and say what they lack", async () => {
  const clock = createFakeClock();
  const registry = createLimitRegistry({
    clock,
    overrides: { "test.one": { ratePerSecond: 1, burst: 1 } },
    catalog: () => [one],
  });
  const deps = { clock, registry, describeCallers: () => Promise.resolve(new Map<string, string>()) };
  const ask = () => rehearse(deps, { name, values: {}, windowMs: 60_000 });
  registry.takePrincipal(one, "user:ada");
  expect(await ask()).toMatchObject({ arrivals: 1 });
  await clock.advance(1000);

  const started = performance.now();
  for (let index = 0; index < ADDRESSES; index += 1) {
    const key = `address:10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    registry.takePrincipal(one, key);
    registry.takePrincipal(one, key);
  }
  // About a hundred times what it takes, and far less than anything that looks through all callers for each call.
  expect(performance.now() - started).toBeLessThan(30_000);

  expect(registry.find(name).row()).toMatchObject({ rejected: ADDRESSES });
  const blocked = [];
  let cursor: string | undefined;
  do {
    const page = await listBlocked(deps, { name, limit: 200, cursor });
    blocked.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(blocked).toHaveLength(1000);
  // The second is left out, not told as if a quarter of its callers were all of them; so are those before it.
  expect(await ask()).toMatchObject({ isWhole: false, from: "2026-01-01T00:00:02.000Z", arrivals: 0, callers: 0 });

  await clock.advance(1000);
  for (let call = 0; call < 3; call += 1) registry.takePrincipal(one, "user:ada");
  expect(await ask()).toMatchObject({
    from: "2026-01-01T00:00:02.000Z",
    arrivals: 3,
    now: { refused: 2 },
    refusedMost: [{ caller: "user:ada" }],
  });
});
