import { execFile } from "node:child_process";
import { chmodSync, chownSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, readdirSync } from "node:fs";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { DatabaseStartError } from "../database-start-error.ts";
import { POSTGRES_MAJOR } from "./native-binaries.ts";
import type { NativeBinaries } from "./native-binaries.ts";
import type { Place } from "./place.ts";
import { makeScratchDir } from "./scratch.ts";
import { toStartError } from "./start-failure.ts";

function checkVersion(clusterDir: string): void {
  const version = readFileSync(join(clusterDir, "PG_VERSION"), "utf8").trim();
  if (version === String(POSTGRES_MAJOR)) return;
  throw new DatabaseStartError(
    `${clusterDir} was made by Postgres ${version} and this release brings Postgres ${POSTGRES_MAJOR}: dump it with the ` +
      "release that made it and load the dump here, or set DATABASE_URL.",
  );
}

function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes the cluster unless it is there. It is made aside and renamed into place: killed in the middle of a direct initdb, nearly
 * every folder was left in a state that neither works nor looks empty.
 */
export async function initCluster({ root, clusterDir, identity }: Place, binaries: NativeBinaries): Promise<void> {
  if (existsSync(join(clusterDir, "PG_VERSION"))) return checkVersion(clusterDir);
  if (existsSync(clusterDir) && readdirSync(clusterDir).length > 0) {
    throw new DatabaseStartError(
      `${clusterDir} is neither empty nor a Postgres database: move it away, or set DATABASE_URL.`,
    );
  }
  const scratch = makeScratchDir(root);
  if (identity.uid !== undefined && identity.gid !== undefined) chownSync(scratch, identity.uid, identity.gid);
  chmodSync(scratch, 0o700);
  // Names sort and compare the same on every machine; the system's locales are not looked at.
  const locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"];
  // Trust: the folder of the socket lets nobody else in.
  const options = ["--pgdata", scratch, "--username=postgres", "--auth=trust", "--no-instructions", ...locale];
  try {
    await promisify(execFile)(binaries.initdb, options, { ...identity, env: binaries.env, cwd: "/" });
    renameSync(scratch, clusterDir);
    syncDirectory(root);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    const { code, stderr = "" } = error as NodeJS.ErrnoException & { stderr?: string };
    // Another process that starts from the same folder was first.
    if (code === "ENOTEMPTY" || code === "EEXIST") return;
    throw toStartError(`${stderr}\n${(error as Error).message}`, root, error);
  }
}
