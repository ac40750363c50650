import type { IncomingMessage } from "node:http";
import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Finds a request's own address. */
export type AddressOf = (req: IncomingMessage) => string;

/**
 * The address of the peer; behind a trusted proxy, the nearest entry of `X-Forwarded-For` that is not itself a trusted
 * proxy. Entries further left were written by strangers and are not believed.
 */
export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const trusted = new BlockList();
  for (const entry of trustedProxies) {
    const [address = "", bits] = entry.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string): boolean =>
    trustedProxies.length > 0 && (isIPv4(address) ? trusted.check(address, "ipv4") : trusted.check(address, "ipv6"));

  return (req) => {
    let address = toPlainAddress(req.socket.remoteAddress ?? "unknown");
    if (!isTrusted(address)) return address;
    const forwarded = String(req.headers["x-forwarded-for"] ?? "").split(",");
    for (const entry of forwarded.toReversed()) {
      const candidate = toPlainAddress(entry.trim());
      if (!isIPv4(candidate) && !isIPv6(candidate)) return address;
      address = candidate;
      if (!isTrusted(address)) return address;
    }
    return address;
  };
}

/** An IPv4 peer on a dual-stack socket arrives as `::ffff:1.2.3.4`. */
function toPlainAddress(address: string): string {
  return address.startsWith("::ffff:") && isIPv4(address.slice(7)) ? address.slice(7) : address;
}
