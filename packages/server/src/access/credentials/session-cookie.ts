import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export type RequestHeaders = Headers | IncomingHttpHeaders;

export function readHeader(headers: RequestHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Browsers accept `__Host-` only over https, without a Domain and for the whole site; plain http cannot have it. */
export function toCookieName(base: string, isSecure: boolean): string {
  return isSecure ? `__Host-${base}` : base;
}

/** The raw value of the first cookie of this name. */
export function readCookie(headers: RequestHeaders, name: string): string | undefined {
  const header = readHeader(headers, "cookie");
  for (const part of header?.split(";") ?? []) {
    const separator = part.indexOf("=");
    if (separator > 0 && part.slice(0, separator).trim() === name) return part.slice(separator + 1).trim();
  }
  return undefined;
}

/**
 * The token of a cookie as better-auth signs it: `<token>.<base64 of its HMAC-SHA256>`, percent-encoded. Undefined when the
 * signature is not ours, so that a forged cookie costs no look-up.
 */
export function openSignedCookie(value: string, secret: string): string | undefined {
  const text = decode(value);
  const separator = text?.lastIndexOf(".") ?? -1;
  if (!text || separator < 1) return undefined;
  const token = text.slice(0, separator);
  const given = Buffer.from(text.slice(separator + 1), "base64");
  const expected = createHmac("sha256", secret).update(token).digest();
  return given.length === expected.length && timingSafeEqual(given, expected) ? token : undefined;
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
