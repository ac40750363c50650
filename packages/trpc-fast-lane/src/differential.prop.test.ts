import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { settle, type Ask, type Pair } from "./pair.fixture.ts";
import { openBoth } from "./router.fixture.ts";

const RUNS = 400;
const REQUESTS_A_RUN = 25;
const seed = Number(process.env["SEED"] ?? Math.trunc(performance.timeOrigin + performance.now()) % 2 ** 31);

const QUERIES = "echo find ping boom refused nothing later dated nested.inner.echo toString";
const MUTATIONS = "add say touch conflict";
const odd = "nope __proto__ constructor nested %65cho echo%2cecho a/b ..";
const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...`${QUERIES} ${MUTATIONS} count lazy.ping`.split(" ")) },
  { weight: 1, arbitrary: fc.constantFrom("", ...odd.split(" ")) },
);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join(","));

const value = fc.oneof(
  fc.json(),
  fc.record({ id: fc.integer(), name: fc.string({ unit: "binary" }) }).map((person) => JSON.stringify(person)),
  fc.constantFrom(
    "",
    "{",
    "nul",
    '{"0":',
    '{"__proto__":{"x":1}}',
    '{"0":1,"1":"a","2":null}',
    "[1]",
    "\uFEFF{}",
    '"\\ud800"',
  ),
);
const batchValue = fc
  .dictionary(fc.constantFrom("0", "1", "2", "3", "x", "__proto__", "-0"), fc.jsonValue())
  .map((inputs) => JSON.stringify(inputs));
const input = fc.oneof(value, batchValue);

/** Encoded as clients do it, as forms do it, not at all, or broken. */
const escaped = fc.tuple(input, fc.constantFrom("component", "form", "raw", "broken")).map(([text, how]) => {
  if (how === "form") return new URLSearchParams({ input: text.toWellFormed() }).toString();
  const encoded = encodeURIComponent(text.toWellFormed());
  if (how === "broken") return `input=${encoded.slice(0, -1)}%`;
  // Only what a request line can hold.
  return how === "raw" ? `input=${text.replaceAll(/[^!-~]/g, "")}` : `input=${encoded}`;
});
const parameter = fc.oneof(
  { weight: 4, arbitrary: escaped },
  { weight: 3, arbitrary: fc.constant("batch=1") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "batch=0",
      "batch",
      "input",
      "x=1",
      "y",
      "",
      "inp%75t=1",
      "connectionParams=%7B%7D",
      "a+b=c",
      "#x",
      "lastEventId=1",
    ),
  },
);
const query = fc.array(parameter, { maxLength: 4 }).map((parts) => (parts.length === 0 ? "" : `?${parts.join("&")}`));

const headers = fc.record(
  {
    "content-type": fc.constantFrom(
      "application/json",
      "application/json; charset=utf-8",
      "application/jsonx",
      "text/plain",
      "Application/JSON",
    ),
    accept: fc.constantFrom(
      "*/*",
      "application/json",
      "application/jsonl",
      "text/html,application/jsonl",
      "text/event-stream",
    ),
    "trpc-accept": fc.constantFrom("application/jsonl", "x"),
    host: fc.constantFrom("desk.test", "desk.test:80", "[::1]", "1.2.3.4", "a_b", "ä", "x:y", "300.300.300.300"),
    "last-event-id": fc.constant("3"),
  },
  { requiredKeys: [] },
);

/** Mostly text; now and then bytes that are none. */
const body = fc.oneof(
  { weight: 5, arbitrary: input.map((text) => Buffer.from(text)) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 12 })
      .map((bytes) => Buffer.concat([Buffer.from('"'), bytes, Buffer.from('"')])),
  },
);
const method = fc.constantFrom("GET", "GET", "GET", "POST", "POST", "POST", "PUT", "HEAD", "OPTIONS");

const wild: fc.Arbitrary<Ask> = fc
  .tuple(method, path, query, headers, body, fc.integer({ min: 0, max: 9 }))
  .map(([method, procedures, parameters, given, sentBody, dice]) => {
    const hasBody = method === "POST" || method === "PUT";
    // Mostly what a client sends; chunked now and then.
    const sent: Record<string, string> =
      hasBody && dice > 1 ? { "content-type": "application/json", ...given } : { ...given };
    if (hasBody && dice % 3 > 0) sent["content-length"] = String(sentBody.length);
    if (dice > 3) {
      delete sent["trpc-accept"];
      delete sent["accept"];
    }
    const ask = { path: `/trpc/${procedures}${parameters}`, method, headers: sent };
    return hasBody ? { ...ask, body: sentBody } : ask;
  });

/** What clients send, with any input: this is what the lane answers by itself. */
const queries = fc.constantFrom(...QUERIES.split(" "));
const mutations = fc.constantFrom(...MUTATIONS.split(" "));
const usual: fc.Arbitrary<Ask> = fc
  .tuple(
    fc.boolean(),
    fc.array(queries, { minLength: 1, maxLength: 4 }),
    fc.array(mutations, { minLength: 1, maxLength: 4 }),
    fc.boolean(),
    input,
    body,
  )
  .map(([isQuery, asked, done, isBatch, given, sent]) => {
    const called = (isQuery ? asked : done).slice(0, isBatch ? 4 : 1).join(",");
    const batch = isBatch ? ["batch=1"] : [];
    if (!isQuery) {
      const sentHeaders = { "content-type": "application/json", "content-length": String(sent.length) };
      return { path: `/trpc/${called}?${batch.join("")}`, method: "POST", headers: sentHeaders, body: sent };
    }
    const parameters = [...batch, `input=${encodeURIComponent(given.toWellFormed())}`].join("&");
    return { path: `/trpc/${called}?${parameters}`, method: "GET", headers: {} };
  });

const request = fc.oneof({ weight: 1, arbitrary: usual }, { weight: 1, arbitrary: wild });

let both: Pair;
let direct = 0;
const { stackTraceLimit } = Error;
beforeAll(async () => {
  // Half of the requests fail: collecting where would take longer than answering them.
  Error.stackTraceLimit = 0;
  console.log(`Seed of the generated requests: ${seed}`);
  const createContext = async (given: { readonly direct?: object }): Promise<object> => {
    if (given.direct) direct += 1;
    return { who: "async" };
  };
  both = await openBoth({ name: "generated", meta: "lists", options: { createContext } });
});
afterAll(async () => {
  Error.stackTraceLimit = stackTraceLimit;
  await both[Symbol.asyncDispose]();
});

test("ten thousand generated requests are answered alike", { timeout: 120_000 }, async () => {
  let served = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: REQUESTS_A_RUN, maxLength: REQUESTS_A_RUN }), async (requests) => {
      const ask = (one: Ask): Promise<[unknown, unknown]> =>
        Promise.all([settle(both.stock.ask(one)), settle(both.lane.ask(one))]);
      const pairs = await Promise.all(requests.map(ask));
      for (const [index, [expected, found]] of pairs.entries()) {
        const { body: sent, ...rest } = requests[index] ?? {};
        expect(found, JSON.stringify({ ...rest, body: sent && Buffer.from(sent).toString("base64") })).toEqual(
          expected,
        );
      }
      served += requests.length;
    }),
    { numRuns: RUNS, seed },
  );
  expect(served).toBe(RUNS * REQUESTS_A_RUN);
  // Otherwise the stock handler would be compared with itself.
  expect(direct).toBeGreaterThan(served / 3);
});
