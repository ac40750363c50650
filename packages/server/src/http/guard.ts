import type { IncomingMessage } from "node:http";
import { AppError } from "../platform/errors.ts";

export const BODY_MAX_BYTES = 1_048_576;

/**
 * Refuses what a browser could be made to send by a page of somebody else, and bodies announced as too large. Raises 403
 * `ORIGIN_REFUSED`, 413 `BODY_TOO_LARGE` or 415 `JSON_REQUIRED`. Nothing of the body has been read by then.
 */
export function requireSafeRequest(req: IncomingMessage, allowedOrigins: ReadonlySet<string>): void {
  const { headers, method } = req;
  if (Number(headers["content-length"] ?? 0) > BODY_MAX_BYTES) {
    throw new AppError({
      kind: "PAYLOAD_TOO_LARGE",
      code: "BODY_TOO_LARGE",
      publicMessage: "The body is larger than 1 MiB. Send less at once.",
      details: { maxBytes: BODY_MAX_BYTES },
    });
  }
  if (method === "GET" || method === "HEAD") return;
  // A form can post multipart, urlencoded and plain text across origins without asking first; JSON it cannot.
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) {
    throw new AppError({
      kind: "UNSUPPORTED_MEDIA_TYPE",
      code: "JSON_REQUIRED",
      publicMessage: "Send the body as application/json.",
    });
  }
  const { origin } = headers;
  if (origin !== undefined && !allowedOrigins.has(origin)) throw originRefused();
  const isCookieCarried = headers.cookie !== undefined && headers.authorization === undefined;
  if (!isCookieCarried) return;
  const site = headers["sec-fetch-site"];
  if (origin === undefined || (site !== undefined && site !== "same-origin")) throw originRefused();
}

function originRefused(): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "ORIGIN_REFUSED",
    publicMessage:
      "This request comes from a page that is not the dashboard. Set SWITCHBOARD_PUBLIC_URL to the address it is opened at.",
  });
}
