import type { Outputs } from "../../lib/trpc.ts";

export type AuditEvent = Outputs["audit"]["list"]["items"][number];
type Json = AuditEvent["before"];

export interface Change {
  /** Dotted path of the value. */
  readonly key: string;
  /** In words; undefined when it was not there. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The log keeps no secrets: whether this one changed is not known. */
  readonly isSecret: boolean;
}

export interface Changes {
  readonly changed: readonly Change[];
  /** Values that stayed the same. */
  readonly same: number;
}

/** What the server writes in place of a secret, as JSON. */
const REDACTED = JSON.stringify("[redacted]");

/** What an act changed, value by value. A secret counts as changed, since nobody can tell. */
export function changesOf({ before, after }: Pick<AuditEvent, "before" | "after">): Changes {
  const had = flatten(before);
  const has = flatten(after);
  const keys = [...new Set([...had.keys(), ...has.keys()])];
  const isSecret = (key: string): boolean => had.get(key) === REDACTED || has.get(key) === REDACTED;
  const changed = keys.filter((key) => had.get(key) !== has.get(key) || isSecret(key));
  return {
    changed: changed.map((key) => ({
      key,
      before: written(had.get(key)),
      after: written(has.get(key)),
      isSecret: isSecret(key),
    })),
    same: keys.length - changed.length,
  };
}

/** Milliseconds and shares carry a dozen digits on the wire; three are enough to read. The JSON view has them all. */
function written(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  const value: unknown = JSON.parse(json);
  if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
  return typeof value === "string" ? value : json;
}

/** Values as JSON by their dotted path. */
function flatten(value: Json, path = "", into = new Map<string, string>()): Map<string, string> {
  if (value === null && path === "") return into;
  if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path === "" ? key : `${path}.${key}`, into);
    return into;
  }
  into.set(path, JSON.stringify(value));
  return into;
}

/** The last eight of an id: the head of a UUIDv7 is a clock and alike in all rows. */
export function shortId(id: string): string {
  return /^[0-9a-f-]{36}$/.test(id) ? id.slice(-8) : id;
}
