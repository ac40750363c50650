import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";

/** Makes ids. Tests pass a counter so that what they see is the same on every run. */
export interface Ids {
  /** A UUIDv7: 48 bits of wall clock in milliseconds, then randomness; ids made by one process sort by creation. */
  uuid(): string;
  /** A secret of `sizeBytes` random bytes in base64url. */
  secret(sizeBytes: number): string;
}

const UUID_BYTES = 16;
const UUIDS_PER_CALL = 256;
const COUNTER_BITS = 12;
const COUNTER_MAX = (1 << COUNTER_BITS) - 1;

export function createIds(clock: Clock): Ids {
  // A call for each id costs more than the id itself.
  let random = Buffer.alloc(0);
  const takeRandom = (): Buffer => {
    if (random.length === 0) random = randomBytes(UUID_BYTES * UUIDS_PER_CALL);
    const bytes = random.subarray(0, UUID_BYTES);
    random = random.subarray(UUID_BYTES);
    return bytes;
  };
  let lastMs = 0;
  let counter = 0;
  return {
    uuid: () => {
      const nowMs = clock.now().getTime();
      // A clock set back must not make ids go back: lists are paged by them.
      if (nowMs > lastMs) {
        lastMs = nowMs;
        counter = 0;
      } else if (counter === COUNTER_MAX) {
        lastMs += 1;
        counter = 0;
      } else counter += 1;
      return toUuidV7(lastMs, counter, takeRandom());
    },
    secret: (sizeBytes) => randomBytes(sizeBytes).toString("base64url"),
  };
}

function toUuidV7(ms: number, counter: number, bytes: Buffer): string {
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
