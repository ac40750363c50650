import { validateHeaderName, validateHeaderValue } from "node:http";
import type { LaneRequest } from "./request.ts";

/** Those that say how an answer is read: each answer sets its own. */
const OF_THE_ANSWER = new Set(["content-type", "content-length", "transfer-encoding", "vary"]);

/** Headers for every answer, with their names in lower case. Raises a TypeError for those that no answer could be sent with. */
export function parseHeaders(pairs: readonly string[]): readonly string[] {
  if (pairs.length % 2 > 0) throw new TypeError("headers: names and values must take turns.");
  const seen = new Set<string>();
  return pairs.map((text, index) => {
    if (index % 2 > 0) {
      validateHeaderValue(pairs[index - 1] as string, text);
      return text;
    }
    validateHeaderName(text);
    const name = text.toLowerCase();
    if (OF_THE_ANSWER.has(name)) throw new TypeError(`headers: ${name} is set by each answer itself. Leave it out.`);
    if (seen.has(name)) throw new TypeError(`headers: ${name} is there twice. Join its values into one.`);
    seen.add(name);
    return name;
  });
}

/** Replaces what the same request was given before under this name. */
export function setHeader({ added }: Pick<LaneRequest, "added">, name: string, value: string): void {
  for (let index = 0; index < added.length; index += 2) {
    if (added[index] !== name) continue;
    added[index + 1] = value;
    return;
  }
  added.push(name, value);
}
