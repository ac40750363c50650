import { type JobsSearch, TAG_PATTERN } from "../jobs.search.ts";
import { WHERE_MAX } from "./job-filter.ts";
import { parseWhere, typedPath, writeWhere } from "./where-text.ts";

export type TypedKind = "payload" | "text" | "tag" | "key" | "tries" | "from" | "to";

/** One way to understand what was typed. */
export interface Typed {
  readonly kind: TypedKind;
  readonly value: string;
  readonly part: Partial<JobsSearch>;
}

/** `tag: billing`, `key = acme`, `tries >= 3`, `created < 2026-11-23 14:00`. */
const NAMED = /^(tag|key|tries|attempts|created)\s*(:|=|>=|<=|>|<)\s*(.+)$/i;

/** What may be meant, the likeliest first. Nothing for a condition on the payload that is half typed. */
export function readTyped(text: string, search: JobsSearch): readonly Typed[] {
  const wanted = text.trim();
  if (wanted === "" || typedPath(wanted) !== undefined) return [];
  const condition = parseWhere(wanted);
  if (condition) {
    const value = writeWhere(condition);
    const where = [...new Set([...(search.where ?? []), value])].slice(-WHERE_MAX);
    return [{ kind: "payload", value, part: { where } }];
  }
  const named = NAMED.exec(wanted);
  const reading = named && readNamed(named[1]?.toLowerCase() ?? "", named[2] ?? "", named[3]?.trim() ?? "");
  return [...(reading ? [reading] : []), ...readPlain(wanted)];
}

function readNamed(name: string, sign: string, value: string): Typed | undefined {
  const isEqual = sign === ":" || sign === "=";
  if (name === "tag")
    return isEqual && TAG_PATTERN.test(value) ? { kind: "tag", value, part: { tag: value } } : undefined;
  if (name === "key") return isEqual && value.length <= 200 ? { kind: "key", value, part: { key: value } } : undefined;
  if (name === "created") {
    const at = Date.parse(value);
    if (Number.isNaN(at)) return undefined;
    const iso = new Date(at).toISOString();
    return sign.startsWith("<")
      ? { kind: "to", value, part: { to: iso } }
      : { kind: "from", value, part: { from: iso } };
  }
  const attempts = Number(value) + (sign === ">" ? 1 : 0);
  const isFit = Number.isInteger(attempts) && attempts >= 1 && attempts <= 1000 && !sign.startsWith("<");
  return isFit ? { kind: "tries", value: String(attempts), part: { attempts } } : undefined;
}

function readPlain(wanted: string): readonly Typed[] {
  if (wanted.length > 200) return [];
  return [
    { kind: "text", value: wanted, part: { q: wanted } },
    ...(TAG_PATTERN.test(wanted) ? [{ kind: "tag", value: wanted, part: { tag: wanted } } as const] : []),
    { kind: "key", value: wanted, part: { key: wanted } },
  ];
}
