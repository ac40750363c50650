import type { IncomingMessage } from "node:http";

/** What a URL asks for, read without the parsers of the platform. */
export interface Target {
  /** One procedure, or for a batch several separated by commas. */
  readonly path: string;
  readonly isBatch: boolean;
  /** Text of the parameter `input`, decoded; undefined when there is none. */
  readonly input: string | undefined;
}

const HOSTS_MAX = 1000;
/** Of a path that means the same to every URL parser: nothing to decode, no dots or slashes to resolve. */
const PLAIN_PATH = /^[A-Za-z0-9_,-]+(?:\.[A-Za-z0-9_,-]+)*$/;
/** Parameters that change how a call is read, and names that only decoding tells. */
const SPECIAL = /^connectionParams(?:=|$)|[%+]|^(?:input|batch)$/;

/** What URL parsers leave out, cut off or put into a fragment. */
const ODD = /[\0- #]/;

/**
 * Reads what a request asks for. Undefined for anything unusual, which the stock handler then reads in its own way: encoded paths,
 * fragments, malformed escapes, parameters it gives a meaning to, hosts that make no URL. `basePath` begins and ends with a slash.
 */
export function createTargetReader(basePath: string): (req: IncomingMessage) => Target | undefined {
  const base = URL.parse(basePath, "http://localhost");
  // Otherwise URL parsers make another one of it, and no path would begin with it.
  const isPlain = base?.href === `http://localhost${basePath}` && basePath.endsWith("/");
  const isKnownHost = createHostCheck();
  return ({ url = "/", headers: { host } }) =>
    isPlain && url.startsWith(basePath) && !ODD.test(url) && isKnownHost(host)
      ? readTarget(url, basePath.length)
      : undefined;
}

function readTarget(url: string, start: number): Target | undefined {
  const question = url.indexOf("?", start);
  const path = url.slice(start, question === -1 ? undefined : question);
  if (!PLAIN_PATH.test(path)) return undefined;
  if (question === -1) return { path, isBatch: false, input: undefined };

  let batch: string | undefined;
  let input: string | undefined;
  for (const pair of url.slice(question + 1).split("&")) {
    // Of a parameter that is given twice the first counts.
    if (pair.startsWith("input=")) input ??= pair.slice("input=".length);
    else if (pair.startsWith("batch=")) batch ??= pair.slice("batch=".length);
    else if (SPECIAL.test(pair)) return undefined;
  }
  if (batch?.includes("%")) return undefined;
  const text = input === undefined ? undefined : decode(input);
  return input !== undefined && text === undefined ? undefined : { path, isBatch: batch === "1", input: text };
}

/** The stock handler refuses a request whose host makes no URL, or one with a name and a password. */
function createHostCheck(): (host: string | undefined) => boolean {
  const known = new Set<string>();
  return (host) => {
    if (host === undefined || known.has(host)) return true;
    const url = URL.parse(`http://${host}`);
    if (!url || url.username !== "" || url.password !== "") return false;
    // Started afresh, so that strange hosts do not keep the usual ones out.
    if (known.size >= HOSTS_MAX) known.clear();
    known.add(host);
    return true;
  };
}

function decode(text: string): string | undefined {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // A malformed escape: forms decode it leniently, so that is left to the stock handler.
    return undefined;
  }
}
