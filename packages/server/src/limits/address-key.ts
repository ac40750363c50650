const HEXTETS = 8;
const NETWORK_HEXTETS = 4;

/**
 * Whose allowance an address uses. An IPv6 caller owns a /64 at least and may change its address with every call, so the
 * whole network is one caller.
 */
export function toAddressKey(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail === undefined) return `${left.slice(0, NETWORK_HEXTETS).join(":")}::/64`;
  const right = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, HEXTETS - left.length - right.length) }, () => "0");
  return `${[...left, ...zeros, ...right].slice(0, NETWORK_HEXTETS).join(":")}::/64`;
}
