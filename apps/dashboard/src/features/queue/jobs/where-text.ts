import type { Inputs } from "../../../lib/trpc.ts";

type JobsInput = Exclude<Inputs["queue"]["jobs"]["list"], void | undefined>;
export type Where = NonNullable<JobsInput["where"]>[number];

/** The longer sign first: `<=` is not `<` and then `=`. */
const OPS = ["!=", "<=", ">=", "=", "<", ">", "contains", "exists"] as const satisfies readonly Where["op"][];
const PLAIN_PART = /^[^\s.[\]"=!<>]+/;
const QUOTED_PART = /^\["((?:[^"\\]|\\.)*)"\]/;
const PART_MAX = 100;
const PARTS_MAX = 10;
const TEXT_MAX = 200;

/**
 * `input.user.id = 42` as a condition: text that is a number, `true`, `false` or `null` is one, unless it stands in quotes. A part of
 * the path with a dot or a space is written `input["a b"].c`. Undefined for anything else.
 */
export function parseWhere(text: string): Where | undefined {
  const path = readPath(text.trim());
  if (!path) return undefined;
  const rest = path.rest.trim();
  const op = OPS.find((each) =>
    /^[a-z]/.test(each) ? new RegExp(`^${each}(\\s|$)`).test(rest) : rest.startsWith(each),
  );
  if (op === undefined || (/^[a-z]/.test(op) && !/^\s/.test(path.rest))) return undefined;
  const written = rest.slice(op.length).trim();
  if (op === "exists") return written === "" ? { path: path.parts, op } : undefined;
  const value = readValue(written);
  if (value === undefined || (op === "contains" && typeof value !== "string")) {
    return op === "contains" && written !== "" && written.length <= TEXT_MAX
      ? { path: path.parts, op, value: written }
      : undefined;
  }
  return { path: path.parts, op, value };
}

/** The same as text that is read back as the same condition. */
export function writeWhere({ path, op, value }: Where): string {
  const left = `input${path.map((part) => (isPlain(part) ? `.${part}` : `[${JSON.stringify(part)}]`)).join("")}`;
  return op === "exists" ? `${left} exists` : `${left} ${op} ${writeValue(value ?? null, op)}`;
}

/** The path that is being typed, as far as it is one: for suggestions. */
export function typedPath(text: string): string | undefined {
  const wanted = text.trim();
  return /^input(?:[.[]\S*)?$/.test(wanted) ? wanted : undefined;
}

function readPath(text: string): { readonly parts: string[]; readonly rest: string } | undefined {
  if (!/^input[.[]/.test(text)) return undefined;
  const parts: string[] = [];
  let rest = text.slice("input".length);
  for (;;) {
    const quoted = QUOTED_PART.exec(rest);
    const plain = rest.startsWith(".") ? PLAIN_PART.exec(rest.slice(1)) : null;
    if (quoted) {
      parts.push(JSON.parse(`"${quoted[1] ?? ""}"`) as string);
      rest = rest.slice(quoted[0].length);
    } else if (plain) {
      parts.push(plain[0]);
      rest = rest.slice(1 + plain[0].length);
    } else break;
  }
  const isFit = parts.length > 0 && parts.length <= PARTS_MAX;
  return isFit && parts.every((part) => part !== "" && part.length <= PART_MAX) ? { parts, rest } : undefined;
}

function readValue(written: string): Exclude<Where["value"], undefined> | undefined {
  if (written === "") return undefined;
  if (/^"(?:[^"\\]|\\.)*"$/.test(written)) {
    const text = parseJson(written);
    return typeof text === "string" && text.length <= TEXT_MAX ? text : undefined;
  }
  if (written === "true" || written === "false") return written === "true";
  if (written === "null") return null;
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(written)) {
    const number = Number(written);
    return Number.isFinite(number) ? number : undefined;
  }
  return written.length <= TEXT_MAX ? written : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function writeValue(value: Exclude<Where["value"], undefined>, op: Where["op"]): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const isBare = value === value.trim() && !value.startsWith('"') && (op === "contains" || readValue(value) === value);
  return isBare && value !== "" ? value : JSON.stringify(value);
}

function isPlain(part: string): boolean {
  return PLAIN_PART.exec(part)?.[0] === part;
}
