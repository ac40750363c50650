import { DatabaseStartError } from "../database-start-error.ts";

const KNOWN_FAILURES: [pattern: RegExp, sentence: (path: string) => string][] = [
  [/no space left on device/i, (path) => `The disk of ${path} is full, so Postgres cannot start: free some space.`],
  [
    /disk quota exceeded/i,
    (path) => `The disk quota for ${path} is used up, so Postgres cannot start: free some space.`,
  ],
  [
    /read-only file system/i,
    (path) => `${path} is on a read-only file system, so Postgres cannot start: point SWITCHBOARD_DATA_DIR elsewhere.`,
  ],
  [
    /permission denied|operation not permitted|invalid permissions|wrong ownership/i,
    (path) =>
      `Postgres may not use ${path}: give that folder back to the user it was made for, or point SWITCHBOARD_DATA_DIR elsewhere.`,
  ],
  [
    /could not resize shared memory|could not map anonymous shared memory|cannot allocate memory/i,
    () => "There is not enough memory to start Postgres: it needs about 200 MB.",
  ],
  [
    /incompatible with server|not compatible with this version/i,
    (path) => `${path} was made by another major version of Postgres: load a dump of it here, or set DATABASE_URL.`,
  ],
];

/** One clear sentence for what initdb or Postgres printed. */
export function toStartError(output: string, path: string, cause?: unknown): DatabaseStartError {
  const known = KNOWN_FAILURES.find(([pattern]) => pattern.test(output));
  const line =
    output.split("\n").find((text) => /FATAL|PANIC|error:/.test(text)) ?? output.trim().split("\n").at(-1) ?? "";
  const sentence = known?.[1](path) ?? `The embedded Postgres in ${path} did not start (${line.trim()}).`;
  return new DatabaseStartError(sentence, { cause: cause ?? new Error(output) });
}

/** A predecessor is not quite gone: worth another try. */
export function isPassingFailure(output: string): boolean {
  return /lock file ".*" (already exists|is empty)|pre-existing shared memory block|is another (postmaster|postgres)/i.test(
    output,
  );
}
