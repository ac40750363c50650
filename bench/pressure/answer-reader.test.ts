import { expect, test } from "vitest";
import { createAnswerReader } from "./answer-reader.ts";

const plain = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\ndate: today\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunked = (status: string, ...parts: string[]): string =>
  `HTTP/1.1 ${status}\r\nTransfer-Encoding: chunked\r\n\r\n` +
  [...parts, ""].map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`).join("");

/** Answers as read from the text when it comes in packets of that many bytes. */
function readIn(text: string, packetBytes: number, shows = true) {
  const answers: [number, string][] = [];
  const reader = createAnswerReader(
    (status, body) => answers.push([status, body]),
    () => shows,
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += packetBytes) reader.push(bytes.subarray(at, at + packetBytes));
  return { answers, isBetween: reader.isBetween() };
}

const stream =
  plain("200 OK", '{"done":true}') +
  chunked("200 OK", '{"do', 'ne":tr', "ue}") +
  plain("200 OK", "") +
  chunked("200 OK", "a\r\n\r\nHTTP/1.1 200 OK\r\n", "0\r\n\r\n") +
  plain("429 Too Many Requests", "later") +
  chunked("500 Internal Server Error", "x".repeat(300)) +
  "HTTP/1.1 204 No Content\r\n\r\n" +
  plain("200 OK", "end");
const answers = [
  [200, '{"done":true}'],
  [200, '{"done":true}'],
  [200, ""],
  [200, "a\r\n\r\nHTTP/1.1 200 OK\r\n0\r\n\r\n"],
  [429, "later"],
  [500, "x".repeat(300)],
  [204, ""],
  [200, "end"],
];

test("the same answers are read wherever packets begin and end", () => {
  const length = Buffer.byteLength(stream);
  for (let packetBytes = 1; packetBytes <= length; packetBytes += 1) {
    expect(readIn(stream, packetBytes), `packets of ${packetBytes}`).toEqual({ answers, isBetween: true });
  }
});

test("the body is kept of what is not 200, and of nothing else unless asked for", () => {
  expect(readIn(stream, 7, false).answers.map(([, body]) => body.slice(0, 5))).toEqual([
    "",
    "",
    "",
    "",
    "later",
    "xxxxx",
    "",
    "",
  ]);
});

test("an answer that is not over is not told, and is known to be open", () => {
  expect(readIn(plain("200 OK", "whole").slice(0, -1), 1000)).toEqual({ answers: [], isBetween: false });
  expect(readIn(chunked("200 OK", "whole").slice(0, -1), 1000)).toEqual({ answers: [], isBetween: false });
  expect(readIn("HTTP/1.1 200", 1000)).toEqual({ answers: [], isBetween: false });
});

test("what has no known end is an error, and so is what is no HTTP", () => {
  expect(() => readIn("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nbody", 1000)).toThrow(/Nothing says where/);
  expect(() => readIn("SSH-2.0-OpenSSH\r\n\r\n", 1000)).toThrow(/no HTTP/);
  expect(() => readIn("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 1000)).toThrow(/no size/);
  expect(() => readIn(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(5000)}`, 1000)).toThrow(/does not end/);
});
