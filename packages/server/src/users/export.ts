import { toCsvCell } from "../platform/csv.ts";
import type { User } from "./users.schema.ts";

const FIELDS = ["id", "email", "name", "role", "status", "createdAt", "lastSeenAt"] as const satisfies (keyof User)[];

/** RFC 4180, with a header on the first chunk only. */
export function toCsv(users: readonly User[], hasHeader: boolean): string {
  const lines = users.map((user) => FIELDS.map((field) => toCsvCell(user[field] ?? "")).join(","));
  return [...(hasHeader ? [FIELDS.join(",")] : []), ...lines].map((line) => `${line}\r\n`).join("");
}

export function toNdjson(users: readonly User[]): string {
  return users.map((user) => `${JSON.stringify(user)}\n`).join("");
}
