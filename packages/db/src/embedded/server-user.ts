import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { DatabaseStartError } from "../database-start-error.ts";

/** Whom the server runs as; empty means as ourselves. */
export interface Identity {
  uid?: number;
  gid?: number;
}

export const isRoot = () => process.getuid?.() === 0;

const OTHER_WAY = "start as another user, or set DATABASE_URL to a Postgres 15+ server.";

/** For when we are root: Postgres refuses that, and initdb wants a user the system knows by name. */
export function findUnprivilegedUser(): Required<Identity> {
  const rows = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = rows.find((row) => row[0] === name) ?? [];
    if (uid !== undefined && gid !== undefined && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new DatabaseStartError(
    `Postgres does not run as root and there is no user named postgres or nobody: ${OTHER_WAY}`,
  );
}

/** Asks the kernel by trying: mode bits alone leave out access lists, mounts and containers. */
export function canEnter(directory: string, { uid, gid }: Required<Identity>): boolean {
  const attempt = spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", directory], { uid, gid, cwd: "/", stdio: "ignore" });
  if (attempt.error === undefined) return attempt.status === 0;
  throw new DatabaseStartError(
    `Postgres does not run as root and this process may not become another user: ${OTHER_WAY}`,
    { cause: attempt.error },
  );
}
