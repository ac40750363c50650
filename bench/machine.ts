import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import type { Database } from "../packages/db/src/index.ts";

/** What figures depend on, a line each. */
export async function describeMachine(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ server_version: string }>("SHOW server_version");
  const cores = cpus();
  return [
    `Machine: ${cores.length} cores of ${cores[0]?.model.trim() ?? "an unknown model"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.versions.node}, Postgres ${rows[0]?.server_version} (${database.kind})`,
    `Commit: ${describeCommit()}`,
  ];
}

function describeCommit(): string {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  const isChanged =
    git("status", "--porcelain", "--untracked-files=no", "--", ":/packages", ":/apps", ":/bench") !== "";
  return `${git("rev-parse", "--short", "HEAD")}${isChanged ? " with changes on top" : ""}`;
}
