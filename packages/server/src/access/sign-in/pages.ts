import { isIP } from "node:net";

/** The pages that may call `/api/auth/*`, by their origins. */
export interface Pages {
  has(origin: string): boolean;
  /** Where the page of a request was opened, of the origins that are ours. A GET tells it by its Host only. */
  originOf(headers: Headers): string;
  /** Whether passkeys can work at all: browsers tie them to a name and refuse IP addresses. */
  haveName(): boolean;
}

/** `origins` is asked each time: a port may be known only once the server listens. The first is the public URL's. */
export function createPages(origins: () => readonly string[]): Pages {
  return {
    has: (origin) => origins().includes(origin),
    originOf: (headers) => {
      const [first = "", ...others] = origins();
      const sender = headers.get("origin");
      if (sender !== null) return others.find((origin) => origin === sender) ?? first;
      return others.find((origin) => new URL(origin).host === headers.get("host")) ?? first;
    },
    haveName: () => origins().some((origin) => toRelyingParty(origin) !== undefined),
  };
}

/** The name that passkeys of an origin are bound to; undefined for an IP address. */
export function toRelyingParty(origin: string): string | undefined {
  const { hostname } = new URL(origin);
  return isIP(hostname) === 0 && !hostname.startsWith("[") ? hostname : undefined;
}
