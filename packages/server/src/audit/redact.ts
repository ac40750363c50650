const SECRET_NAME = /password|secret|token|authorization|cookie|^key$|api_?key$/i;
const REDACTED = "[redacted]";
const DEPTH_MAX = 20;
const SIZE_MAX_BYTES = 16 * 1024;
const PREVIEW_LENGTH = 2000;

/**
 * What a note keeps of a value, as JSON text; null for nothing. Fields named like secrets and those under `secretPaths`
 * (dotted, from the value's root) are replaced, what is nested deeper than 20 levels is left out, and a value over 16 KiB
 * keeps its size and its beginning.
 */
export function toAuditJson(value: unknown, secretPaths: ReadonlySet<string> = new Set()): string | null {
  if (value === undefined || value === null) return null;
  const json = JSON.stringify(redact(value, secretPaths, "", 0)) as string | undefined;
  if (json === undefined) return null;
  const sizeBytes = Buffer.byteLength(json);
  if (sizeBytes <= SIZE_MAX_BYTES) return json;
  return JSON.stringify({ truncated: true, sizeBytes, preview: toStorableText(json.slice(0, PREVIEW_LENGTH)) });
}

/** Text that Postgres can store: no NUL, no half of a surrogate pair. */
export function toStorableText(text: string): string {
  return text.replaceAll("\0", "\u{FFFD}").toWellFormed();
}

function redact(value: unknown, secretPaths: ReadonlySet<string>, path: string, depth: number): unknown {
  if (typeof value === "string") return toStorableText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return "[too deep]";
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => redact(item, secretPaths, path, depth + 1));
  const entries = Object.entries(value).map(([name, item]) => {
    const itemPath = path === "" ? name : `${path}.${name}`;
    const isSecret = SECRET_NAME.test(name) || secretPaths.has(itemPath);
    return [toStorableText(name), isSecret ? REDACTED : redact(item, secretPaths, itemPath, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}
