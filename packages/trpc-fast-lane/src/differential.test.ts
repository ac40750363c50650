import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import tested from "@trpc/server/package.json" with { type: "json" };
import { settle, type Ask } from "./pair.fixture.ts";
import { openBoth, typed, type Variant } from "./router.fixture.ts";

// Every case goes through the stock handler and through the lane: same status, same headers but for the framing, same body, and the
// same failures told to `onError`.

/** The lane reads what tRPC marks internal. Raise this only when every test of this package passes with the version installed. */
const TESTED_WITH = "11.19.0";

test("the version of @trpc/server is the one that the lane was last compared with", () => {
  const advice = `@trpc/server is ${tested.version}, the lane was compared with ${TESTED_WITH}. Run all tests of this package first: if they pass, raise TESTED_WITH; if not, the lane must follow.`;
  expect(tested.version, advice).toBe(TESTED_WITH);
});

const variants: readonly Variant[] = [
  { name: "plain" },
  { name: "with an asynchronous context", context: "async" },
  { name: "with a transformer that changes everything", transformer: "wrapping" },
  { name: "with a transformer that changes some values", transformer: "typed" },
  { name: "with a transformer and response meta", transformer: "wrapping", meta: "lists" },
  { name: "with response meta", meta: "lists" },
  { name: "with response meta in Headers", meta: "headers" },
  { name: "with a context that throws", context: "throws", meta: "lists" },
  { name: "with a context that rejects", context: "rejects" },
  { name: "with a status and headers set on the response", context: "statusAndHeaders" },
  { name: "with a status and headers on the response, and response meta", context: "statusAndHeaders", meta: "lists" },
];

/** What no application should do, and some do. */
const oddities: readonly Variant[] = [
  { name: "with response meta that returns nothing", meta: "nothing" },
  { name: "with a status that forbids a body", meta: "emptyStatus" },
  { name: "with a status that is none", meta: "oddStatus" },
  { name: "with a header that has no valid name", meta: "badHeader" },
  { name: "with a header that cannot be sent", meta: "controlHeader" },
  { name: "with response meta that throws", meta: "throws" },
  { name: "with an error formatter that makes up a status", formatter: "odd" },
  { name: "with an error formatter that throws", formatter: "throws" },
  { name: "without batches", options: { allowBatching: false } },
  { name: "without batches, said as of old", options: { batching: { enabled: false } } },
  { name: "with any method", options: { allowMethodOverride: true } },
  { name: "without a limit for bodies", options: { maxBodySize: 0 } },
  { name: "without a context", options: { createContext: undefined } },
  { name: "at the root", options: { basePath: "/" } },
  { name: "below a path without its last slash", options: { basePath: "/trpc" } },
  { name: "below a path that URL parsers rewrite", options: { basePath: "/a/../trpc/" } },
];

const json = { "content-type": "application/json" };

function casesOf({ transformer }: Variant): readonly Ask[] {
  const wrap = (value: unknown): unknown => {
    if (transformer === "wrapping") return { wrapped: value };
    return transformer === "typed" ? typed.serialize(value) : value;
  };
  const encode = (value: unknown): string => encodeURIComponent(JSON.stringify(value));
  const person = wrap({ id: 1, name: "é+& x" });
  const one = encode(person);
  const two = encode({ 0: person, 1: person });
  const body = JSON.stringify(person);
  const get = (path: string, headers: Ask["headers"] = {}): Ask => ({ path: `/trpc/${path}`, headers });
  const post = (path: string, text: string | Uint8Array, headers: Ask["headers"] = json): Ask => ({
    path: `/trpc/${path}`,
    method: "POST",
    headers: { "content-length": String(Buffer.byteLength(text)), ...headers },
    body: text,
  });
  const multipart = { "content-type": "multipart/form-data; boundary=x" };
  const form = [
    '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n',
    '--x\r\ncontent-disposition: form-data; name="file"; filename="ü.txt"\r\ncontent-type: text/plain\r\n\r\nabc\r\n--x--\r\n',
  ].join("");
  const plain = [
    "ping",
    "boom",
    "text",
    "nothing",
    "nil",
    "fn",
    "dated",
    "keyed",
    "users",
    "circular",
    "bigint",
    "later",
    "stream",
  ];
  const all = [...plain, "inherited", "big", "signal", "toString"];
  const names = [
    "nope",
    "",
    "constructor",
    "__proto__",
    "hasOwnProperty",
    "valueOf",
    "__proto__.constructor",
    "nested.toString",
  ];
  const paths = [
    "ping/",
    "/ping",
    "./ping",
    "x/../ping",
    "ping;x",
    "pi%6Eg",
    "pi%zzng",
    "ping%00",
    "ping%2Cping?batch=1",
    "fi%zznd",
  ];
  const roots = [
    "/trpc",
    "/other",
    "//trpc/ping",
    "/trpc//ping",
    "/TRPC/ping",
    "/",
    "*",
    "/trpc/ping?",
    "/trpc/ping?&&",
    "/trpc/\\ping",
  ];
  return [
    // Single queries.
    ...all.map((path) => get(path)),
    ...all.map((path) => get(`${path}?batch=1`)),
    get(`find?input=${one}`),
    get("find"),
    get("find?input="),
    get("find?input=%7Bbad"),
    get("find?input=%zz"),
    get("find?input=%C3%28"),
    get("find?input=%EF%BB%BF1"),
    get(`find?input=${encode(wrap({ id: "x" }))}`),
    get(`find?input=${one}&input=2`),
    get(`find?x=1&input=${one}&y`),
    get(`find?in%70ut=${one}`),
    get("find?input"),
    get(`find/?input=${one}`),
    get(`refused?input=${one}`),
    get(`find?input=${one}#fragment`),
    get("nope?input=1"),
    get("echo?input=null"),
    get(`echo?input=${encode(wrap(null))}`),
    get(`echo?input=${encode(wrap("a+b c%"))}`),
    get(`echo?input=${encode(wrap({ at: { $date: 3 }, big: { $bigint: "5" }, list: [{ $map: [[1, 2]] }] }))}`),
    get(`echo?input=${JSON.stringify(wrap("a+b")).replaceAll(" ", "+")}`),
    get(
      `echo?input=${encode(wrap(JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":2,"hasOwnProperty":3}')))}`,
    ),
    get(`echo?__proto__=1&constructor=2&toString&input=${one}`),
    get(`nested.inner.echo?input=${one}`),
    get(`nested%2Einner%2Eecho?input=${one}`),
    get("nested.inner"),
    get("lazy.ping"),
    get("lazy.ping,ping?batch=1"),
    get("lazy.nope"),
    get(`add?input=${one}`),
    ...names.map((path) => get(path)),
    ...names.map((path) => get(`${path}?batch=1`)),
    ...paths.map((path) => get(path)),
    ...roots.map((path) => ({ path })),
    ...[
      "/ping",
      "/find?input=1",
      "/a/ping",
      "/a/../trpc/ping",
      "/trpcping",
      "http://desk.test/trpc/ping",
      "/trpc/./ping",
    ].map((path) => ({ path })),
    // Headers of a query.
    get(`find?input=${one}`, json),
    get(`find?input=${one}`, { "content-type": "text/plain" }),
    get(`find?input=${one}`, { "content-type": "" }),
    get(`find?input=${one}`, { "content-type": "application/json;" }),
    get("ping", multipart),
    get("ping", { "content-type": "application/octet-stream" }),
    get("ping", { accept: "application/jsonl" }),
    get(`find?input=${one}`, { accept: "application/jsonl" }),
    get("ping", { accept: "text/html, application/jsonl;q=0.9" }),
    get("ping", { accept: "application/jsonl-like" }),
    get("ping", { "trpc-accept": "application/jsonl" }),
    get("ping,boom?batch=1", { "trpc-accept": "application/jsonl" }),
    get(`find?batch=1&input=${encode({ 0: person })}`, { "trpc-accept": "application/jsonl" }),
    get("ping", { "trpc-accept": "" }),
    ...[
      "a b",
      "desk.test:99999",
      "[::1]:80",
      "",
      "user@desk.test",
      "u:p@desk.test",
      "@desk.test",
      "desk.test/x",
      "desk.test?x",
      "%64esk",
      "a_b",
      "xn--",
    ].map((host) => get("ping", { host })),
    get(`find?input=${one}&connectionParams=${encode({ a: "b" })}`),
    get("ping?connectionParams=bad"),
    get(`find?connectionParams=bad&input=${one}`),
    get("ping?connectionParams=%7B%22a%22%3A1%7D"),
    get("ping?lastEventId=3"),
    get("count"),
    get("count", { accept: "text/event-stream" }),
    get("count?lastEventId=1", { accept: "text/event-stream", "last-event-id": "2" }),
    get("news", { accept: "text/event-stream", "last-event-id": "2" }),
    get("news?lastEventId=3", { accept: "text/event-stream" }),
    get("refusedNews", { accept: "text/event-stream" }),
    get("count?batch=1"),
    // Batches.
    get(`find,find?batch=1&input=${two}`),
    get(`find,find?batch=%31&input=${two}`),
    get(`find?batch=%31&input=${encode({ 0: person })}`),
    get(`find%2Cfind?batch=1&input=${two}`),
    get(`find,boom?batch=1&input=${encode({ 0: person })}`),
    get(`find,refused,ping?batch=1&input=${two}`),
    get("boom,boom?batch=1"),
    get("nothing,dated?batch=1"),
    get(`find,nope?batch=1&input=${encode({ 0: person })}`),
    get(`find,add?batch=1&input=${two}`),
    get("ping,count?batch=1"),
    get("nothing,fn,later,stream,ping?batch=1"),
    get("ping,circular?batch=1"),
    get("keyed,users,toString?batch=1"),
    get("echo,echo?batch=1&input=[]"),
    get("echo,echo?batch=1&input=3"),
    get("find,find?batch=1&input=3"),
    get("echo,echo?batch=1&input=null"),
    get("echo,ping?batch=1&input=%7Bbad"),
    get(`echo,echo,echo?batch=1&input=${encode({ 1: person, length: 2, 7: person })}`),
    get(`echo?batch=1&input=${encode({ 0: JSON.parse('{"__proto__":1}') })}`),
    get(`echo?batch=1&input=${encodeURIComponent('{"__proto__":{"0":1}}')}`),
    get(`${Array(10).fill("ping").join(",")}?batch=1`),
    get(`${Array(11).fill("ping").join(",")}?batch=1`),
    get(`find?batch=true&input=${one}`),
    get(`find?batch=1&batch=2&input=${one}`),
    get(`find?batch=2&batch=1&input=${one}`),
    get(`find?batch=1&input=${encode({ 0: person })}`),
    get("ping?batch"),
    get("ping?batch="),
    get(",?batch=1"),
    get("ping,?batch=1"),
    get("ping,ping"),
    // Mutations.
    post("add", body),
    post("say", body),
    post("touch", "{bad"),
    post("touch", ""),
    post("touch", "", { ...json, "content-length": "" }),
    post("add", ""),
    post("add", "{bad"),
    post("add", "null"),
    post("say", "\uFEFF" + body),
    post("say", "\uFEFF\uFEFF" + body),
    post("say", Buffer.from([0x22, 0xff, 0xfe, 0x22])),
    post("say", Buffer.from([0x22, 0xe2, 0x82, 0x22])),
    post("say", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x22])),
    post("say", JSON.stringify(wrap("\u0000 \ud800"))),
    post("conflict", body),
    post("add", body, { "content-type": "application/json; charset=utf-8" }),
    post("add", body, { "content-type": "application/json; charset=utf-16" }),
    post("add", body, { "content-type": "application/jsonp" }),
    post("add", body, { "content-type": "APPLICATION/JSON" }),
    post("add", body, { "content-type": "text/plain" }),
    post("add", body, { "content-type": "application/json, text/plain" }),
    post("add", body, {}),
    post("add", body, { ...json, "content-encoding": "gzip" }),
    post("add", body, { ...json, "content-length": "" }),
    post("add", body, { ...json, "trpc-accept": "application/jsonl" }),
    post("find", body),
    post("count", body),
    post("nope", body),
    post("toString", body),
    post("add,add?batch=1", JSON.stringify({ 0: person, 1: person })),
    post("add,add?batch=1", JSON.stringify({ 1: person })),
    post("add,say?batch=1", JSON.stringify({ 1: person })),
    post("add,touch?batch=1", "{bad"),
    post("add,add?batch=1", "null"),
    post("add,find?batch=1", "{}"),
    post("find,ping?batch=1", JSON.stringify({ 0: person })),
    post(`${Array(11).fill("touch").join(",")}?batch=1`, "{}"),
    post("add?input=" + one, body),
    post("say", JSON.stringify(wrap("x".repeat(90_000)))),
    post("say", JSON.stringify(wrap("x".repeat(110_000)))),
    post("say", JSON.stringify(wrap("x".repeat(110_000))), { ...json, "content-length": "" }),
    post("add", "x".repeat(2 << 20)),
    // Bodies of other kinds.
    post("form", form, multipart),
    post("form?batch=1", form, multipart),
    post("form", form.slice(0, 90), multipart),
    post("form", form, { "content-type": "multipart/form-data" }),
    post("form", "a=1&b=%20+c", { "content-type": "application/x-www-form-urlencoded" }),
    post("add", form, multipart),
    post("octet", Buffer.from([0, 1, 2, 255]), { "content-type": "application/octet-stream" }),
    post("octet", "", { "content-type": "application/octet-stream" }),
    post("add", Buffer.from([1, 2]), { "content-type": "application/octet-stream" }),
    post("octet", body),
    // Other methods.
    ...["PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"].map((method) => ({ path: "/trpc/add", method, headers: json })),
    { ...post("add", body), method: "PUT" },
    { path: "/trpc/ping", method: "HEAD" },
    { path: `/trpc/find?input=${one}`, method: "HEAD" },
    { path: "/trpc/ping", method: "OPTIONS" },
    { ...get("ping"), body: "a query with a body", headers: { "content-length": "19", ...json } },
  ].map(dropEmptyLength);
}

/** A length that was cleared means none is announced. */
function dropEmptyLength(request: Ask): Ask {
  const headers = Object.entries(request.headers ?? {}).filter(
    ([name, value]) => name !== "content-length" || value !== "",
  );
  return { ...request, headers: Object.fromEntries(headers) };
}

const nameOf = ({ method = "GET", path, headers, body }: Ask): string =>
  `${method} ${path.slice(0, 90)} ${JSON.stringify(headers ?? {})} ${JSON.stringify(String(body ?? "").slice(0, 30))} ${body?.length ?? 0}`;

test.each([...variants, ...oddities])("all requests are answered alike $name", { timeout: 60_000 }, async (variant) => {
  await using both = await openBoth(variant);
  // A formatter that throws within a stream is an uncaught exception in the stock handler, which serves both sides there.
  const cases = casesOf(variant).filter(({ headers }) => variant.formatter !== "throws" || !headers?.["trpc-accept"]);
  const differences: unknown[] = [];
  for (const request of cases) {
    both.stock.reports.length = 0;
    both.lane.reports.length = 0;
    const [stock, lane] = await Promise.all([settle(both.stock.ask(request)), settle(both.lane.ask(request))]);
    const expected = { answer: stock, reports: [...both.stock.reports] };
    const found = { answer: lane, reports: [...both.lane.reports] };
    if (!isDeepStrictEqual(found, expected)) differences.push({ request: nameOf(request), expected, found });
  }
  expect(differences).toEqual([]);
  expect(cases.length).toBeGreaterThan(200);
});
