import { expect, test } from "vitest";
import { openBoth } from "./router.fixture.ts";
import { settle } from "./pair.fixture.ts";

// What no HTTP client of the platform sends, over sockets: both handlers must leave the same answers on the connection, in the same
// order, and keep it open or close it alike. Not compared: a procedure that does not read its body is begun by the stock handler before
// the body is there, by the lane after it.

const HOST = "host: desk.test\r\n";
const JSON_TYPE = "content-type: application/json\r\n";
const ping = `GET /trpc/ping HTTP/1.1\r\n${HOST}\r\n`;
const get = (target: string, headers = ""): string => `GET ${target} HTTP/1.1\r\n${HOST}${headers}\r\n`;
const post = (path: string, body: string, headers = JSON_TYPE): string =>
  `POST /trpc/${path} HTTP/1.1\r\n${HOST}${headers}content-length: ${body.length}\r\n\r\n${body}`;
const chunked = (path: string, ...chunks: string[]): string =>
  `POST /trpc/${path} HTTP/1.1\r\n${HOST}${JSON_TYPE}transfer-encoding: chunked\r\n\r\n${[...chunks, ""]
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join("")}`;
const person = '{"id":1,"name":"x"}';
const large = `"${"x".repeat(200_000)}"`;

const cases: Readonly<Record<string, string>> = {
  "several requests at once": ping + get("/trpc/boom") + post("add", person) + ping + get("/trpc/nope") + ping,
  "a body in pieces": chunked("add", '{"id":', '1,"name":"é"}') + ping,
  "an empty body in pieces": chunked("touch") + ping,
  "a body that is too large, then another request": post("say", large) + ping,
  "a body in pieces that is too large, then another request": chunked("say", large) + ping,
  "a body that is too large for a procedure that does not read it": post("touch", large) + ping,
  "a body that is announced and does not come": `POST /trpc/say HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: 50\r\n\r\n{"a"`,
  "no body and no length": `POST /trpc/touch HTTP/1.1\r\n${HOST}${JSON_TYPE}\r\n${ping}`,
  "two lengths that agree": `POST /trpc/touch HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: 2\r\ncontent-length: 2\r\n\r\n{}${ping}`,
  "two lengths that do not": `POST /trpc/touch HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: 2\r\ncontent-length: 3\r\n\r\n{}${ping}`,
  "a length that is none": `POST /trpc/touch HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: +2\r\n\r\n{}${ping}`,
  "a length of an announced form": `POST /trpc/touch HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: 0x2\r\n\r\n{}`,
  "an empty length": `POST /trpc/touch HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length:\r\n\r\n${ping}`,
  "a length and pieces": `POST /trpc/touch HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  "two content types": post("add", person, `${JSON_TYPE}content-type: text/plain\r\n`) + ping,
  "two content types, the other way round": post("add", person, `content-type: text/plain\r\n${JSON_TYPE}`) + ping,
  "a content type among spaces": post("add", person, "content-type:  \t application/json \t\r\n") + ping,
  "two headers that ask for a stream":
    get("/trpc/ping?batch=1", "accept: text/html\r\naccept: application/jsonl\r\n") + ping,
  "two hosts": get("/trpc/ping", "host: other.test\r\n") + ping,
  "no host": "GET /trpc/ping HTTP/1.1\r\n\r\n",
  "no host in the old version": "GET /trpc/ping HTTP/1.0\r\n\r\n",
  "the old version, kept": `GET /trpc/ping HTTP/1.0\r\nconnection: keep-alive\r\n\r\n`,
  "a connection that is to be closed": get("/trpc/ping", "connection: close\r\n") + ping,
  "a query with a body": get("/trpc/ping", "content-length: 3\r\n") + "abc" + ping,
  "a body that is waited for": post("add", person, `${JSON_TYPE}expect: 100-continue\r\n`) + ping,
  "a tab in the target": get("/trpc/find?input=1\t2") + ping,
  "a form feed at the end of the target": get("/trpc/echo?input=1\f") + ping,
  "bytes above ASCII in the input": get('/trpc/echo?input="é\u00ff"') + ping,
  "quotes and brackets in the input": get(`/trpc/echo?input={"a":["<'\`|^\\\\>"]}`) + ping,
  "bytes above ASCII in the path": get("/trpc/pi\u00e9ng") + ping,
  "a delete in the input": get('/trpc/echo?input="\u007f"') + ping,
  "bytes above ASCII in the host": `GET /trpc/ping HTTP/1.1\r\nhost: d\u00e9sk\r\n\r\n${ping}`,
  "a whole URL as its target": get("http://desk.test/trpc/ping") + ping,
  "a whole URL of another host": get("http://user:secret@other.test/trpc/ping") + ping,
  "a header of its own kind": get("/trpc/ping", "x-odd: \u0080\u00ff\r\n__proto__: 1\r\nconstructor: 2\r\n") + ping,
  "a method in lower case": `get /trpc/ping HTTP/1.1\r\n${HOST}\r\n`,
  "no HTTP at all": "hello\r\n\r\n",
  "a HEAD among others": `HEAD /trpc/boom HTTP/1.1\r\n${HOST}\r\n`,
};

test.each(Object.entries(cases))("%s", async (_name, text) => {
  await using both = await openBoth({ name: "raw", meta: "lists" });
  const bytes = Buffer.from(text, "latin1");
  const [expected, found] = await Promise.all([settle(both.stock.askRaw(bytes)), settle(both.lane.askRaw(bytes))]);
  expect(found).toEqual(expected);
  expect(both.lane.reports).toEqual(both.stock.reports);
});
