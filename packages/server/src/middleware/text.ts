import { AppError } from "../platform/errors.ts";

/** Far more than any input needs, far less than a recursive schema can follow. */
export const NESTING_MAX = 100;

/**
 * Refuses text that Postgres cannot store and JSON cannot carry faithfully, in keys as well as in values: NUL characters
 * and lone surrogates. Refuses nesting that would overflow the call stack of what reads the input afterwards. Raises 400
 * `TEXT_INVALID` or `INPUT_TOO_DEEP` with the path of the field.
 */
export function requireStorableText(value: unknown): void {
  // A stack of our own, for the same reason.
  const stack: Frame[] = [{ value, parent: undefined, key: "", depth: 0 }];
  for (let frame = stack.pop(); frame; frame = stack.pop()) {
    if (typeof frame.value === "string") {
      if (isBad(frame.value)) throw badText(frame);
    } else if (typeof frame.value === "object" && frame.value !== null) {
      if (frame.depth >= NESTING_MAX) throw tooDeep(frame);
      const isList = Array.isArray(frame.value);
      for (const [key, child] of Object.entries(frame.value)) {
        if (!isList && isBad(key)) throw badText(frame);
        if (typeof child === "string" || typeof child === "object") {
          stack.push({ value: child, parent: frame, key, depth: frame.depth + 1 });
        }
      }
    }
  }
}

interface Frame {
  readonly value: unknown;
  readonly parent: Frame | undefined;
  readonly key: string;
  readonly depth: number;
}

const isBad = (text: string): boolean => text.includes("\0") || !text.isWellFormed();

function badText(frame: Frame): AppError {
  return refusal("TEXT_INVALID", frame, "holds a NUL character or half of a surrogate pair");
}

function tooDeep(frame: Frame): AppError {
  return refusal("INPUT_TOO_DEEP", frame, `is nested deeper than ${NESTING_MAX} levels`);
}

function refusal(code: string, frame: Frame, what: string): AppError {
  const path: string[] = [];
  for (let current = frame; current.parent; current = current.parent) path.push(current.key);
  path.reverse();
  return new AppError({
    kind: "BAD_REQUEST",
    code,
    publicMessage: `${path.length === 0 ? "The input" : path.join(".")} ${what}.`,
    details: { issues: [{ path, message: `It ${what}.` }], count: 1 },
  });
}
