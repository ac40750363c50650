import { enter, holdsSecret, isSecretField, type Places, type Secrets } from "./secrets.ts";

const SECRET_NAME = /password|secret|token|authorization|cookie|^key$|api_?key$/i;
export const REDACTED = "[redacted]";
export const TOO_DEEP = "[too deep]";
const DEPTH_MAX = 20;
const SIZE_MAX_BYTES = 16 * 1024;
const PREVIEW_LENGTH = 2000;

/**
 * What a note keeps of a value, as JSON text; null for nothing, and for what is secret as a whole. Fields named like secrets and those
 * that a schema marks are replaced, what is nested deeper than 20 levels is left out, and a value over 16 KiB keeps its size and
 * its beginning.
 */
export function toAuditJson(value: unknown, secrets?: Secrets): string | null {
  if (value === undefined || value === null || (secrets && holdsSecret(secrets.root))) return null;
  const json = JSON.stringify(redact(value, secrets, secrets?.root ?? NOWHERE, 0)) as string | undefined;
  if (json === undefined) return null;
  const sizeBytes = Buffer.byteLength(json);
  if (sizeBytes <= SIZE_MAX_BYTES) return json;
  return JSON.stringify({ truncated: true, sizeBytes, preview: toStorableText(json.slice(0, PREVIEW_LENGTH)) });
}

/** Text that Postgres can store: no NUL, no half of a surrogate pair. */
export function toStorableText(text: string): string {
  return text.replaceAll("\0", "\u{FFFD}").toWellFormed();
}

const NOWHERE: Places = new Set();

function redact(value: unknown, secrets: Secrets | undefined, places: Places, depth: number): unknown {
  if (typeof value === "string") return toStorableText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return TOO_DEEP;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets, places, depth + 1));
  const entries = Object.entries(value).map(([name, item]) => {
    const place = secrets ? enter(places, name) : NOWHERE;
    const isSecret = SECRET_NAME.test(name) || (secrets && isSecretField(secrets, place, name));
    return [toStorableText(name), isSecret ? REDACTED : redact(item, secrets, place, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}
