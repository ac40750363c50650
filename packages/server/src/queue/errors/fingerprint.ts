import { createHash } from "node:crypto";

export interface Fingerprint {
  /** 16 hex digits. */
  readonly fingerprint: string;
  /** The message as it is compared. */
  readonly pattern: string;
  /** The topmost line of the stack that is the application's own, `send-mail.job.ts sendMail`; null without one. */
  readonly place: string | null;
}

interface FailedWith {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
}

/** Patterns tell groups apart by how a message begins; what a library dumps after that differs each time. */
const PATTERN_MAX_LENGTH = 500;
/** Cut before it is matched, so that no message makes the expressions below slow. */
const MESSAGE_MAX_LENGTH = 2000;

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const URL_TEXT = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>()]+/gi;
const EMAIL = /[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g;
/** One line each, and not an apostrophe within a word. */
const QUOTED = /"[^"\n]*"|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)|“[^”\n]*”|‘[^’\n]*’|«[^»\n]*»/g;
const WINDOWS_PATH = /\b[a-z]:\\[^\s:"'<>|]+/gi;
const PATH = /(?<![\w/<])\.{0,2}(?:\/[\w.@%+~-]+)+\/?/g;
const HEX = /\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b/gi;
const NUMBER = /[-+]?\d+(?:[.,:_-]?\d+)*/g;

/** A message without what differs from one failure of the same kind to the next. */
export function toPattern(message: string): string {
  return (
    message
      .slice(0, MESSAGE_MAX_LENGTH)
      .replaceAll(UUID, "<id>")
      .replaceAll(URL_TEXT, "<url>")
      .replaceAll(EMAIL, "<email>")
      .replaceAll(QUOTED, "<text>")
      .replaceAll(WINDOWS_PATH, "<path>")
      .replaceAll(PATH, "<path>")
      .replaceAll(HEX, "<hex>")
      .replaceAll(NUMBER, "<n>")
      .replaceAll(/\s+/g, " ")
      .trim()
      .slice(0, PATTERN_MAX_LENGTH)
      // The cut may be in the middle of a character, and Postgres takes no half of one.
      .toWellFormed()
  );
}

/** Without line and column: they move with each release. */
export function toPlace(stack: string | null): string | null {
  for (const line of stack?.split("\n") ?? []) {
    const frame = /^\s*at (?:(?<call>.+?) \((?<inner>.+)\)|(?<bare>.+))$/.exec(line)?.groups;
    const location = frame?.["inner"] ?? frame?.["bare"];
    if (location === undefined || !isOwn(location)) continue;
    const file =
      location
        .replace(/(?::\d+){1,2}$/, "")
        .split(/[\\/]/)
        .at(-1) ?? "";
    // `async` and the class of an object say how it was called; aliases say under which other name.
    const call = frame?.["call"]?.replace(/^(?:async|new) /, "").replace(/ \[as .+\]$/, "");
    const name = call === undefined || call === "<anonymous>" ? undefined : call.replace(/^Object\./, "");
    return [file, ...(name === undefined ? [] : [name])].join(" ");
  }
  return null;
}

function isOwn(location: string): boolean {
  return !/[\\/]node_modules[\\/]|^node:|^native$|^<anonymous>|^internal\//.test(location);
}

/** Which failures are the same: same job, same kind of error, same pattern, same place. */
export function toFingerprint(name: string, error: FailedWith): Fingerprint {
  const pattern = toPattern(error.message);
  const place = toPlace(error.stack);
  const text = JSON.stringify([name, error.name, pattern, place]);
  return { fingerprint: createHash("sha256").update(text).digest("hex").slice(0, 16), pattern, place };
}
