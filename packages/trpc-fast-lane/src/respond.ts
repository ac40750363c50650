import type { ResponseMeta } from "@trpc/server/http";
import type { LaneRequest } from "./request.ts";

const VARY = "trpc-accept, accept";
const JSON_TYPE = "application/json";

/** What goes out. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Takes up the headers of `responseMeta`: a text in a plain object replaces; lists and `Headers` add. */
export function addHeaders(request: LaneRequest, given: NonNullable<ResponseMeta["headers"]>): void {
  const headers = (request.metaHeaders ??= new Headers({ "content-type": JSON_TYPE, vary: VARY }));
  if (given instanceof Headers) {
    for (const [name, value] of given) headers.append(name, value);
    return;
  }
  for (const [name, value] of Object.entries(given)) {
    if (Array.isArray(value)) for (const item of value) headers.append(name, item);
    else if (typeof value === "string") headers.set(name, value);
  }
}

/** The status itself when an answer with a body can have it. Otherwise raises what `Response` raises, as the stock handler builds one. */
export function checkStatus(status: number): number {
  const isUsual = Number.isInteger(status) && status >= 200 && status <= 599;
  if (isUsual && status !== 204 && status !== 205 && status !== 304) return status;
  return new Response("", { status }).status;
}

/**
 * Writes the answer with its length. A status that somebody set on the response before wins, as with the stock handler; so do headers
 * over `statics`, those that every answer has. Does nothing when the caller has gone.
 */
export function respond(request: LaneRequest, statics: readonly string[], { status, body }: Answer): void {
  const { res, added, metaHeaders } = request;
  if (res.destroyed || res.writableEnded) return;
  const code = res.statusCode === 200 ? status : res.statusCode;
  const length = `${Buffer.byteLength(body)}`;
  if (metaHeaders || res.getHeaderNames().length > 0) {
    for (let index = 0; index < statics.length; index += 2) {
      const name = statics[index] as string;
      if (!res.hasHeader(name)) res.setHeader(name, statics[index + 1] as string);
    }
    for (let index = 0; index < added.length; index += 2)
      res.setHeader(added[index] as string, added[index + 1] as string);
    if (metaHeaders) writeHeaders(request, metaHeaders);
    else res.setHeader("content-type", JSON_TYPE).setHeader("vary", VARY);
    res.writeHead(code, ["content-length", length]);
  } else {
    const headers = added.length === 0 ? [...statics] : merge(statics, added);
    headers.push("content-type", JSON_TYPE, "vary", VARY, "content-length", length);
    res.writeHead(code, headers);
  }
  res.end(body);
}

function writeHeaders({ res }: LaneRequest, headers: Headers): void {
  for (const [name, value] of headers) if (name !== "set-cookie") res.setHeader(name, value);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) res.setHeader("set-cookie", cookies);
}

/** Those of `statics` that nothing replaces, then the added ones. */
function merge(statics: readonly string[], added: readonly string[]): string[] {
  const headers: string[] = [];
  for (let index = 0; index < statics.length; index += 2) {
    const name = statics[index] as string;
    if (!isName(added, name)) headers.push(name, statics[index + 1] as string);
  }
  headers.push(...added);
  return headers;
}

function isName(pairs: readonly string[], name: string): boolean {
  for (let index = 0; index < pairs.length; index += 2) if (pairs[index] === name) return true;
  return false;
}
