import type { IncomingMessage } from "node:http";
import type { Accepted } from "../middleware/file-route.ts";
import { AppError } from "../platform/errors.ts";

export const BODY_MAX_BYTES = 1_048_576;

const JSON_ONLY: Accepted = { mediaType: "application/json", maxBytes: BODY_MAX_BYTES };

/**
 * Refuses what a browser could be made to send by a page of somebody else, and bodies announced as too large. Raises 403
 * `ORIGIN_REFUSED`, 413 `BODY_TOO_LARGE`, 415 `JSON_REQUIRED` or `CSV_REQUIRED`. Nothing of the body has been read by then.
 */
export function requireSafeRequest(
  req: IncomingMessage,
  allowedOrigins: () => ReadonlySet<string>,
  { mediaType, maxBytes }: Accepted = JSON_ONLY,
): void {
  const { headers, method } = req;
  if (Number(headers["content-length"] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  if (method === "GET" || method === "HEAD") return;
  // A form can post multipart, urlencoded and plain text across origins without asking first; JSON and CSV it cannot.
  const sent = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (sent !== mediaType) {
    throw new AppError({
      kind: "UNSUPPORTED_MEDIA_TYPE",
      code: mediaType === "text/csv" ? "CSV_REQUIRED" : "JSON_REQUIRED",
      publicMessage: `Send the body as ${mediaType}.`,
    });
  }
  const { origin } = headers;
  if (origin !== undefined && !allowedOrigins().has(origin)) throw originRefused();
  const isCookieCarried = headers.cookie !== undefined && headers.authorization === undefined;
  if (!isCookieCarried) return;
  const site = headers["sec-fetch-site"];
  if (origin === undefined || (site !== undefined && site !== "same-origin")) throw originRefused();
}

/** The body is larger than this request may carry. Nothing was stored. */
export function bodyTooLarge(maxBytes: number): AppError {
  return new AppError({
    kind: "PAYLOAD_TOO_LARGE",
    code: "BODY_TOO_LARGE",
    publicMessage: `The body is larger than ${maxBytes / 1_048_576} MiB. Send less at once.`,
    details: { maxBytes },
  });
}

function originRefused(): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "ORIGIN_REFUSED",
    publicMessage:
      "This request comes from a page that is not the dashboard. Set SWITCHBOARD_PUBLIC_URL to the address it is opened at.",
  });
}
