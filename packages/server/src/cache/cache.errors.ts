import { AppError } from "../platform/errors.ts";
import { VALUE_MAX_BYTES } from "./cache.schema.ts";

/** The value is larger than 512 KiB as JSON. Nothing was stored; what the key held before is still there. */
export function cacheValueTooLarge(sizeBytes: number): AppError {
  return new AppError({
    kind: "PAYLOAD_TOO_LARGE",
    code: "CACHE_VALUE_TOO_LARGE",
    publicMessage: `The value has ${sizeBytes} bytes as JSON; the cache takes ${VALUE_MAX_BYTES} at most.`,
    details: { sizeBytes, maxBytes: VALUE_MAX_BYTES },
  });
}
