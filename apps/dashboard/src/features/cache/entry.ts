import type { Outputs } from "../../lib/trpc.ts";

export type CacheEntry = Outputs["cache"]["list"]["items"][number];
export type CacheFound = Outputs["cache"]["get"];
export type Namespace = Outputs["cache"]["namespaces"]["items"][number];
export type JsonValue = CacheFound["value"];

/** Milliseconds left, by the time the server gave; null for an entry that does not expire. */
export function leftMs(entry: Pick<CacheEntry, "expiresAt">, nowMs: number): number | null {
  return entry.expiresAt === null ? null : Date.parse(entry.expiresAt) - nowMs;
}

/** Milliseconds it was written for. */
export function lifeMs({ createdAt, expiresAt }: CacheEntry): number | null {
  return expiresAt === null ? null : Date.parse(expiresAt) - Date.parse(createdAt);
}
