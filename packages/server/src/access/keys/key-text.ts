import { hash, timingSafeEqual } from "node:crypto";
import type { Ids } from "../../platform/ids.ts";

const KEY = /^swb_([0-9a-f]{10})_([A-Za-z0-9_-]{43})$/;
const PREFIX_BYTES = 5;
const SECRET_BYTES = 32;

export interface KeyText {
  /** Finds the row; not secret. */
  readonly prefix: string;
  readonly secret: string;
}

export function makePrefix(ids: Ids): string {
  return Buffer.from(ids.secret(PREFIX_BYTES), "base64url").toString("hex");
}

export function makeSecret(ids: Ids): string {
  return ids.secret(SECRET_BYTES);
}

export function formatKey({ prefix, secret }: KeyText): string {
  return `swb_${prefix}_${secret}`;
}

export function parseKey(text: string): KeyText | undefined {
  const [, prefix, secret] = KEY.exec(text) ?? [];
  return prefix && secret ? { prefix, secret } : undefined;
}

/** A plain SHA-256, as hex: a slow hash defends guessable secrets, and 256 random bits are not guessable. */
export function digestSecret(secret: string): string {
  return hash("sha256", secret, "hex");
}

/** The same as it is stored. */
export function hashSecret(secret: string): Buffer {
  return Buffer.from(digestSecret(secret), "hex");
}

export function isSameHash(a: Uint8Array, b: Uint8Array | null): boolean {
  return b !== null && a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
