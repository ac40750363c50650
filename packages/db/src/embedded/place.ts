import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { rmdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseStartError } from "../database-start-error.ts";

/** Whom the server runs as; empty means as ourselves. */
export interface Identity {
  uid?: number;
  gid?: number;
}

/** Where one embedded server lives. */
export interface Place {
  identity: Identity;
  /** Holds everything below, mode 0700, owned by the server's user. */
  root: string;
  clusterDir: string;
  /** Socket and lease. Beside the cluster unless a socket's path would get too long there. */
  runDir: string;
}

/** The kernel takes 108 bytes on Linux and 104 on macOS, the final zero included. */
const MAX_SOCKET_PATH_BYTES = 100;

const isRoot = () => process.getuid?.() === 0;

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Postgres refuses to run as root and initdb wants a user the system knows by name. */
function findUnprivilegedUser(): Required<Identity> {
  const rows = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = rows.find((row) => row[0] === name) ?? [];
    if (uid !== undefined && gid !== undefined && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new DatabaseStartError(
    "Postgres does not run as root and there is no user named postgres or nobody: " +
      "start as another user, or set DATABASE_URL to a Postgres 15+ server.",
  );
}

function canUse(directory: string, { uid, gid }: Required<Identity>): boolean {
  const test = spawnSync("/bin/sh", ["-c", 'cd "$1" && test -w .', "sh", directory], { uid, gid, cwd: "/", stdio: "ignore" });
  if (test.error === undefined) return test.status === 0;
  throw new DatabaseStartError(
    "Postgres does not run as root and this process may not become another user: " +
      "start as another user, or set DATABASE_URL to a Postgres 15+ server.",
    { cause: test.error },
  );
}

function makePrivateDir(path: string, { uid, gid }: Identity): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  chmodSync(path, 0o700);
}

/** A root below `/var/lib`, named after the data folder, with a link in the data folder that says so. */
function makeRootElsewhere(dataDir: string, link: string, identity: Required<Identity>): string {
  const root = join("/var/lib", `switchboard-${hashOf(dataDir)}`);
  makePrivateDir(root, identity);
  if (!canUse(root, identity)) {
    throw new DatabaseStartError(
      `The user that Postgres runs as (uid ${identity.uid}) can reach neither ${dataDir} nor ${root}: ` +
        "point SWITCHBOARD_DATA_DIR at a folder that every user may enter, or set DATABASE_URL.",
    );
  }
  writeFileSync(join(root, "data-dir"), dataDir);
  symlinkSync(root, link);
  return root;
}

/** A copied checkout brings the link with it, and would then share its database with the original without anyone wanting that. */
function checkLinkIsOurs(root: string, dataDir: string, link: string): void {
  const noteFile = join(root, "data-dir");
  if (!existsSync(noteFile)) return;
  const owner = readFileSync(noteFile, "utf8");
  if (owner === dataDir) return;
  const ownersLink = join(owner, "postgres");
  if (existsSync(ownersLink) && realpathSync(ownersLink) === root) {
    throw new DatabaseStartError(
      `${link} points to the database of ${owner}: remove that link to start with an empty database, or set DATABASE_URL.`,
    );
  }
  writeFileSync(noteFile, dataDir);
}

function findRootForRoot(dataDir: string): Pick<Place, "root" | "identity"> {
  const path = join(dataDir, "postgres");
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) makeLinkTargetExist(path);
  if (!existsSync(path)) {
    const identity = findUnprivilegedUser();
    makePrivateDir(path, identity);
    if (canUse(path, identity)) return { root: path, identity };
    rmdirSync(path);
    return { root: makeRootElsewhere(dataDir, path, identity), identity };
  }
  const root = realpathSync(path);
  checkLinkIsOurs(root, dataDir, path);
  // The owner of what is there decides: a `postgres` user may have come or gone since.
  const { uid, gid } = statSync(root);
  const identity = uid === 0 ? findUnprivilegedUser() : { uid, gid };
  if (uid === 0) makePrivateDir(root, identity);
  if (!canUse(root, identity)) {
    throw new DatabaseStartError(
      `The user that Postgres runs as (uid ${identity.uid}) cannot enter ${root}: let it pass the folders above (chmod o+x).`,
    );
  }
  return { root, identity };
}

function makeLinkTargetExist(link: string): void {
  if (existsSync(link)) return;
  throw new DatabaseStartError(
    `${link} points to ${readlinkSync(link)}, which is gone, and the database with it: restore that folder, ` +
      "or remove the link to start with an empty database.",
  );
}

function findRootForUser(dataDir: string): Pick<Place, "root" | "identity"> {
  const path = join(dataDir, "postgres");
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const root = realpathSync(path);
  const { uid } = statSync(root);
  if (uid !== process.getuid?.()) {
    throw new DatabaseStartError(
      `${root} belongs to another user (uid ${uid}): start as that user (as root if root made it), ` +
        "or point SWITCHBOARD_DATA_DIR at another folder.",
    );
  }
  chmodSync(root, 0o700);
  return { root, identity: {} };
}

function makeRunDir(root: string, identity: Identity): string {
  const runDir = join(root, "run");
  if (Buffer.byteLength(join(runDir, ".s.PGSQL.5432")) <= MAX_SOCKET_PATH_BYTES) {
    makePrivateDir(runDir, identity);
    return runDir;
  }
  const short = join(isRoot() && existsSync("/run") ? "/run" : "/tmp", `switchboard-${hashOf(root)}`);
  const owner = identity.uid ?? process.getuid?.();
  const found = lstatSync(short, { throwIfNoEntry: false });
  if (found === undefined) makePrivateDir(short, identity);
  else if (!found.isDirectory() || found.uid !== owner || (found.mode & 0o077) !== 0) {
    // Anyone may make a folder in /tmp: using a stranger's would hand over the database.
    throw new DatabaseStartError(`${short} is not a private folder of uid ${owner}: remove it, or use a shorter data folder.`);
  }
  return short;
}

const FILE_ERRORS: Record<string, string> = {
  EACCES: "it may not be written",
  EPERM: "it may not be written",
  EROFS: "its file system is read-only",
  ENOSPC: "its disk is full",
  EDQUOT: "its disk quota is used up",
  ENOTDIR: "a part of its path is not a folder",
  EEXIST: "a part of its path is not a folder",
};

/** Chooses and makes the folders of the embedded server of one data folder. Every process comes to the same answer. */
export function preparePlace(dataDir: string): Place {
  const path = resolve(dataDir);
  try {
    // Others may pass but not look: as root the server's user has to get to its own folder inside.
    mkdirSync(path, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
    const { root, identity } = isRoot() ? findRootForRoot(realpathSync(path)) : findRootForUser(realpathSync(path));
    return { root, identity, clusterDir: join(root, "data"), runDir: makeRunDir(root, identity) };
  } catch (cause) {
    const reason = FILE_ERRORS[(cause as NodeJS.ErrnoException).code ?? ""];
    if (reason === undefined) throw cause;
    throw new DatabaseStartError(
      `The data folder ${path} cannot be used: ${reason}. Point SWITCHBOARD_DATA_DIR elsewhere, or set DATABASE_URL.`,
      { cause },
    );
  }
}
