import { isIPv4, isIPv6 } from "node:net";
import { idSchema } from "../trpc/wire.ts";
import { toAddressKey } from "./address-key.ts";
import { limitCaller } from "./limits.errors.ts";

/** Whom a rate counts: addresses only, or people, keys and, where nobody is signed in, addresses. */
export type CallerScope = "address" | "principal";

const ADDRESS = "address:";
const NETWORK_END = "::/64";
const ADDRESSES = "address:<IP address>, such as address:192.0.2.7 or address:2001:db8::1";
const PEOPLE = "user:<id> or key:<id>, where the id is a UUID";

/**
 * A caller as the limiters count it: of an IPv6 address its network, in one spelling. Answers the same for what it has answered. Raises
 * 400 `LIMIT_CALLER` for whom the rate does not count.
 */
export function parseCaller(caller: string, scope: CallerScope): string {
  if (caller.startsWith(ADDRESS)) {
    const key = parseAddress(caller.slice(ADDRESS.length));
    if (key === undefined) throw limitCaller(caller, ADDRESSES);
    return ADDRESS + key;
  }
  if (scope === "address") throw limitCaller(caller, `${ADDRESSES}: the limit counts before anybody knows who calls`);
  const colon = caller.indexOf(":");
  const id = caller.slice(colon + 1).toLowerCase();
  const isKnown = ["user", "key"].includes(caller.slice(0, colon)) && idSchema.safeParse(id).success;
  if (!isKnown) throw limitCaller(caller, `${PEOPLE}, or ${ADDRESSES}`);
  return caller.slice(0, colon + 1) + id;
}

/** By which the limiter of a rate knows a caller that `parseCaller` has answered. */
export function toLimiterKey(caller: string, scope: CallerScope): string {
  return scope === "address" ? caller.slice(ADDRESS.length) : caller;
}

export function toCaller(limiterKey: string, scope: CallerScope): string {
  return scope === "address" ? ADDRESS + limiterKey : limiterKey;
}

const MAPPED = /^::ffff:(?<left>[\da-f]{1,4}):(?<right>[\da-f]{1,4})$/;

function parseAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  // The first four parts are the network; its own text has them all, which an address with a double colon need not.
  const address = text.endsWith(NETWORK_END) ? text.slice(0, -NETWORK_END.length) + "::" : text;
  if (!isIPv6(address) || address.includes("%")) return undefined;
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(plain)?.groups;
  // As a dual-stack socket has it for an IPv4 caller, which is counted as what it is.
  if (mapped) return toIPv4(mapped["left"] ?? "", mapped["right"] ?? "");
  return toAddressKey(plain);
}

function toIPv4(left: string, right: string): string {
  return [left, right]
    .map((part) => Number.parseInt(part, 16))
    .flatMap((part) => [part >> 8, part & 255])
    .join(".");
}
