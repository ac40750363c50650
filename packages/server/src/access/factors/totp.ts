import { createHmac, timingSafeEqual } from "node:crypto";

/** Six digits of every 30 seconds, HMAC-SHA-1: what authenticator apps know (RFC 6238) and better-auth's `otpauth` address says. */
const PERIOD_MS = 30_000;
const DIGITS = 6;
/** Steps that a clock may be off, either way. */
const WINDOW = 1;

export function toCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, "0");
}

export function toStep(nowMs: number): number {
  return Math.floor(nowMs / PERIOD_MS);
}

/** The step that a code belongs to. All are compared, so that the time it takes says nothing. */
export function findStep(secret: string, code: string, nowMs: number): number | undefined {
  let found: number | undefined;
  for (let offset = -WINDOW; offset <= WINDOW; offset += 1) {
    const step = toStep(nowMs) + offset;
    if (isSameText(code, toCode(secret, step))) found = step;
  }
  return found;
}

/** In constant time for texts of one length; the length of a code is no secret. */
export function isSameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
