import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PERIOD_MS = 30_000;

/** What an app on a phone makes of the key that the page shows, by RFC 6238 and not by code of ours. */
export function createAuthenticatorApp(shownKey: string) {
  const key = fromBase32(shownKey.replace(/\s/g, ""));
  let last = 0;
  return {
    /** The code of now; asked again within its half minute, the next one, since a server takes each code once. */
    nextCode: (): string => {
      last = Math.max(last + 1, Math.floor(Date.now() / PERIOD_MS));
      return codeAt(key, last);
    },
  };
}

function codeAt(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
