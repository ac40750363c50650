import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";

/** Makes ids. Tests pass a counter so that what they see is the same on every run. */
export interface Ids {
  /** A UUIDv7: 48 bits of wall clock in milliseconds, then randomness; ids made by one process sort by creation. */
  uuid(): string;
  /** A secret of `sizeBytes` random bytes in base64url. */
  secret(sizeBytes: number): string;
}

const RANDOM_HEX = 16;
const UUIDS_PER_CALL = 256;
const VARIANTS = "89ab";
const COUNTER_BITS = 12;
const COUNTER_MAX = (1 << COUNTER_BITS) - 1;

export function createIds(clock: Clock): Ids {
  // A call for each id costs more than the id itself.
  let random = "";
  let offset = 0;
  const takeRandom = (): string => {
    if (offset === random.length) {
      random = randomBytes((RANDOM_HEX / 2) * UUIDS_PER_CALL).toString("hex");
      offset = 0;
    }
    offset += RANDOM_HEX;
    return random.slice(offset - RANDOM_HEX, offset);
  };
  let lastMs = -1;
  let counter = 0;
  let time = "";
  const setTime = (ms: number): void => {
    lastMs = ms;
    counter = 0;
    const hex = ms.toString(16).padStart(12, "0");
    time = `${hex.slice(0, 8)}-${hex.slice(8)}-`;
  };
  return {
    uuid: () => {
      const nowMs = clock.now().getTime();
      // A clock set back must not make ids go back: lists are paged by them.
      if (nowMs > lastMs) setTime(nowMs);
      else if (counter === COUNTER_MAX) setTime(lastMs + 1);
      else counter += 1;
      return `${time}${toVersioned(counter)}-${toVariant(takeRandom())}`;
    },
    secret: (sizeBytes) => randomBytes(sizeBytes).toString("base64url"),
  };
}

/** The version, 7, and 12 bits that count. */
function toVersioned(counter: number): string {
  return (0x7000 | counter).toString(16);
}

/** 62 bits of 16 hexadecimal digits behind the two that say which kind of UUID it is. */
function toVariant(hex: string): string {
  return `${VARIANTS[Number.parseInt(hex.charAt(0), 16) & 3]}${hex.slice(1, 4)}-${hex.slice(4)}`;
}
