import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import type { Call } from "../../middleware/chain.ts";
import { createLimitRegistry } from "../limits.registry.ts";
import { rehearse } from "./rehearse.ts";
import { limitRehearseInput, limitRehearseOutput } from "./rehearse.schema.ts";

const one: Call = { path: "test.one", type: "query", meta: { access: "viewer", limit: "read", description: "" } };
const exact: Call = { ...one, path: "lab.rateLimited" };
const name = "test.one.rate";
const ada = "user:0192f0c1-0000-7000-8000-00000000000a";
const bob = "user:0192f0c1-0000-7000-8000-00000000000b";

function setup() {
  const clock = createFakeClock();
  const registry = createLimitRegistry({
    clock,
    overrides: { "test.one": { ratePerSecond: 1, burst: 5 } },
    catalog: () => [one, exact],
  });
  // As the start of a process does, which runs all changes.
  registry.gates();
  const describeCallers = () => Promise.resolve(new Map([[ada, "ada@desk.test"]]));
  const ask = (input: object) =>
    rehearse({ clock, registry, describeCallers }, limitRehearseInput.parse({ name, ...input }));
  const call = (key: string, times: number, of: Call = one): void => {
    for (let count = 0; count < times; count += 1) registry.takePrincipal(of, key);
  };
  const giveOwn = (caller: string, burst: number): void => {
    const values = { limit: 1, burst, queueLimit: null };
    const own = { caller, values, revision: 1, by: "owner@desk.test", at: "", reason: null, until: null };
    registry.applyOverrides(new Map([[name, [own]]]));
  };
  return { clock, registry, ask, call, giveOwn };
}

test("it tells what the calls that came would have met, then and now", async () => {
  const { clock, registry, ask, call } = setup();
  await clock.advance(60_000);
  call(ada, 12);
  call(bob, 3);
  await clock.advance(2500);
  const before = registry.find(name).row();
  const outcome = await ask({ values: { burst: 10 } });
  expect(limitRehearseOutput.parse(outcome)).toEqual(outcome);
  expect(outcome).toEqual({
    name,
    from: "2026-01-01T00:00:00.000Z",
    to: "2026-01-01T00:01:02.500Z",
    isWhole: false,
    arrivals: 15,
    callers: 2,
    peakPerSecond: 15,
    now: { refused: 7, callers: 1 },
    asked: { refused: 2, callers: 1 },
    refusedMost: [{ caller: ada, label: "ada@desk.test", arrivals: 12, refused: 2 }],
  });
  expect(registry.find(name).row()).toEqual(before);
});

test("what is not named is as it runs, and without values both are the same", async () => {
  const { registry, ask, call } = setup();
  call(ada, 12);
  const change = { revision: 1, by: "", at: "", reason: null, revertAt: null };
  registry.apply(
    new Map([[name, { values: { limit: 1, burst: 8, queueLimit: null }, change: { ...change }, base: null }]]),
  );
  expect(await ask({ values: {} })).toMatchObject({ now: { refused: 4 }, asked: { refused: 4 } });
  expect(await ask({ values: { limit: 2 } })).toMatchObject({ now: { refused: 4 }, asked: { refused: 4 } });
});

test("it goes back as far as it is asked to", async () => {
  const { clock, ask, call } = setup();
  call(ada, 6);
  await clock.advance(60_000);
  call(ada, 7);
  expect(await ask({ values: {}, windowMs: 60_000 })).toMatchObject({
    from: "2026-01-01T00:00:01.000Z",
    isWhole: true,
    arrivals: 7,
  });
  expect(await ask({ values: {} })).toMatchObject({ isWhole: false, arrivals: 13 });
});

test("a caller with an allowance of its own keeps it, unless it is the one asked about", async () => {
  const { ask, call, giveOwn } = setup();
  call(ada, 12);
  call(bob, 12);
  giveOwn(ada, 11);
  expect(await ask({ values: { burst: 2 } })).toMatchObject({
    now: { refused: 8, callers: 2 },
    asked: { refused: 11, callers: 2 },
    refusedMost: [{ caller: bob }, { caller: ada, refused: 1 }],
  });
  expect(await ask({ values: { burst: 2 }, caller: ada })).toMatchObject({
    arrivals: 12,
    callers: 1,
    now: { refused: 1 },
    asked: { refused: 10 },
  });
  expect(await ask({ values: { burst: 2 }, caller: bob })).toMatchObject({
    now: { refused: 7 },
    asked: { refused: 10 },
  });
});

test("a network is one caller, however it is written", async () => {
  const { ask, call, registry } = setup();
  call("address:2001:db8::1", 3);
  call("address:2001:db8::2", 3);
  for (let count = 0; count < 4; count += 1) registry.takeAddress("2001:db8::1");
  for (const caller of ["address:2001:DB8:0:0:1::9", "address:2001:db8:0:0::/64"]) {
    expect(await ask({ values: { burst: 1 }, caller })).toMatchObject({ arrivals: 6, now: { refused: 1 } });
  }
  const ofAddress = await ask({ name: "address.rate", values: { limit: 20 }, caller: "address:2001:db8::5" });
  expect(ofAddress).toMatchObject({ arrivals: 4, now: { refused: 0 } });
  for (let count = 0; count < 150; count += 1) registry.takeAddress("2001:db8::1");
  expect(await ask({ name: "address.rate", values: { limit: 20, burst: 100 } })).toMatchObject({
    refusedMost: [{ caller: "address:2001:db8:0:0::/64", arrivals: 154, refused: 54 }],
  });
});

test("a sliding log is replayed as one", async () => {
  const { ask, call } = setup();
  call(ada, 60, exact);
  const asked = { name: "lab.rateLimited.rate", values: { limit: 55 } };
  expect(await ask(asked)).toMatchObject({ now: { refused: 10 }, asked: { refused: 5 } });
});

test.each([
  ["an unknown limit", { name: "nothing.rate", values: {} }, "LIMIT_NOT_FOUND", "NOT_FOUND"],
  ["slots", { name: "read.concurrency", values: {} }, "LIMIT_NOT_A_RATE", "BAD_REQUEST"],
  ["the burst of a sliding log", { name: "lab.rateLimited.rate", values: { burst: 5 } }, "LIMIT_FIELD", "BAD_REQUEST"],
  [
    "a fraction of a sliding log",
    { name: "lab.rateLimited.rate", values: { limit: 5.5 } },
    "LIMIT_OUT_OF_BOUNDS",
    "BAD_REQUEST",
  ],
  ["too much", { values: { limit: 1_000_001 } }, "LIMIT_OUT_OF_BOUNDS", "BAD_REQUEST"],
  ["too little", { values: { limit: 0.01 } }, "LIMIT_OUT_OF_BOUNDS", "BAD_REQUEST"],
  [
    "less than the floor of addresses",
    { name: "address.rate", values: { burst: 99 } },
    "LIMIT_OUT_OF_BOUNDS",
    "BAD_REQUEST",
  ],
  ["no address", { values: {}, caller: "address:999.1.1.1" }, "LIMIT_CALLER", "BAD_REQUEST"],
  [
    "a person where addresses are counted",
    { name: "address.rate", values: {}, caller: ada },
    "LIMIT_CALLER",
    "BAD_REQUEST",
  ],
])("%s is refused", async (_what, input, code, kind) => {
  await expect(setup().ask(input)).rejects.toMatchObject({ code, kind });
});

test("bounds are those of an admin, whoever asks", async () => {
  const { ask, call } = setup();
  call(ada, 6);
  expect(await ask({ values: { burst: 1_000_000, limit: 1_000_000 } })).toMatchObject({ asked: { refused: 0 } });
  expect(await ask({ values: { burst: 1, limit: 0.1 } })).toMatchObject({ asked: { refused: 5 } });
});
