import { requireStorableText } from "../middleware/text.ts";
import type { Json } from "../trpc/wire.ts";

/** `\u0000` and surrogates, as JSON.stringify writes them. A match may also be an escaped backslash before such letters. */
const SUSPECT_ESCAPE = /\\u(?:0000|d[89a-f])/i;

/**
 * The value as JSON carries it: dates become texts, undefined members go, undefined becomes null. Raises a TypeError for what JSON
 * cannot carry and `TEXT_INVALID` for text that Postgres cannot store.
 */
export function toStorableJson(value: unknown): { readonly json: Json; readonly sizeBytes: number } {
  const text = JSON.stringify(value) ?? "null";
  const json = JSON.parse(text) as Json;
  if (SUSPECT_ESCAPE.test(text)) requireStorableText(json);
  return { json, sizeBytes: Buffer.byteLength(text) };
}

/** Text of any origin made fit for Postgres, cut at `maxLength` characters. */
export function toStorableText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).toWellFormed().replaceAll("\0", "\u{FFFD}");
}
