import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from "node:fs";
import { rmdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseStartError } from "../database-start-error.ts";
import { canEnter, findUnprivilegedUser, isRoot } from "./server-user.ts";
import type { Identity } from "./server-user.ts";

/** Where one embedded server lives, and as whom. */
export interface Place {
  identity: Identity;
  /** Holds everything below. Ours, so that as root nothing the server's user may write is ever followed. */
  root: string;
  /** Private to the server's user, as is `runDir`. */
  clusterDir: string;
  /** For the socket. Not below `root` when the path would get too long there. */
  runDir: string;
  /** See lease.ts. */
  leasePath: string;
}

/** The kernel takes 108 bytes on Linux and 104 on macOS, the final zero included. */
const MAX_SOCKET_PATH_BYTES = 100;

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** The server's user has to pass through to its own folders; nobody else finds anything to read. */
const rootMode = () => (isRoot() ? 0o711 : 0o700);

/** Not Node's `recursive`: that reports ENOENT for a read-only disk and never returns below `/proc`. */
function makeDir(path: string, mode: number): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(`${path} is not a folder`), { code: "ENOTDIR" });
    return;
  }
  makeDir(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process that starts from the same folder made it first.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function makeRoot(path: string): void {
  makeDir(path, rootMode());
  chmodSync(path, rootMode());
}

function checkOwner(root: string): void {
  const { uid } = statSync(root);
  if (uid === process.getuid?.()) return;
  throw new DatabaseStartError(
    `${root} belongs to another user (uid ${uid}): start as that user, or point SWITCHBOARD_DATA_DIR at another folder.`,
  );
}

/** A copied folder brings its link along, and would then share a database with the original without anyone wanting that. */
function checkLink(link: string, dataDir: string): void {
  if (!existsSync(link)) {
    throw new DatabaseStartError(
      `${link} points to ${readlinkSync(link)}, which is gone, and the database with it: restore that folder, ` +
        "or remove the link to start with an empty database.",
    );
  }
  const root = realpathSync(link);
  const noteFile = join(root, "data-dir");
  const owner = existsSync(noteFile) ? readFileSync(noteFile, "utf8") : dataDir;
  if (owner === dataDir) return;
  const ownersLink = join(owner, "postgres");
  if (existsSync(ownersLink) && realpathSync(ownersLink) === root) {
    throw new DatabaseStartError(
      `${link} points to the database of ${owner}: remove that link to start with an empty database, or set DATABASE_URL.`,
    );
  }
  // The folder was moved, not copied.
  writeFileSync(noteFile, dataDir);
}

/** Below `/var/lib`, named after the data folder, with a link in the data folder that says so. */
function makeRootElsewhere(dataDir: string, link: string, identity: Required<Identity>): string {
  const root = join("/var/lib", `switchboard-${hashOf(dataDir)}`);
  makeRoot(root);
  checkOwner(root);
  if (!canEnter(root, identity)) {
    throw new DatabaseStartError(
      `The user that Postgres runs as (uid ${identity.uid}) can enter neither ${dataDir} nor ${root}: ` +
        "point SWITCHBOARD_DATA_DIR at a folder that every user may enter, or set DATABASE_URL.",
    );
  }
  writeFileSync(join(root, "data-dir"), dataDir);
  symlinkSync(root, link);
  return root;
}

/** The owner of an existing cluster stays it: a user named `postgres` may have come or gone since. */
function findIdentity(clusterDir: string): Required<Identity> {
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  return owner === undefined || owner.uid === 0 ? findUnprivilegedUser() : { uid: owner.uid, gid: owner.gid };
}

function findPlaceAsRoot(dataDir: string): Pick<Place, "root" | "identity"> {
  const path = join(dataDir, "postgres");
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    const identity = findUnprivilegedUser();
    makeRoot(path);
    if (canEnter(path, identity)) return { root: path, identity };
    rmdirSync(path);
    return { root: makeRootElsewhere(dataDir, path, identity), identity };
  }
  if (found.isSymbolicLink()) checkLink(path, dataDir);
  const root = realpathSync(path);
  checkOwner(root);
  const identity = findIdentity(join(root, "data"));
  if (!canEnter(root, identity)) {
    throw new DatabaseStartError(
      `The user that Postgres runs as (uid ${identity.uid}) cannot enter ${root}: let it pass the folders above (chmod o+x).`,
    );
  }
  return { root, identity };
}

function findPlaceAsUser(dataDir: string): Pick<Place, "root" | "identity"> {
  const path = join(dataDir, "postgres");
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) makeRoot(path);
  const root = realpathSync(path);
  checkOwner(root);
  return { root, identity: {} };
}

function makePrivateDir(path: string, { uid, gid }: Identity): void {
  makeDir(path, 0o700);
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  chmodSync(path, 0o700);
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
    throw new DatabaseStartError(
      `${short} is not a private folder of uid ${owner}: remove it, or use a shorter data folder.`,
    );
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
  ENOENT: "it cannot be made there",
};

/** Chooses and makes the folders of the embedded server of one data folder. Every process comes to the same answer. */
export function preparePlace(dataDir: string): Place {
  const path = resolve(dataDir);
  try {
    makeDir(path, rootMode());
    const realDataDir = realpathSync(path);
    const { root, identity } = isRoot() ? findPlaceAsRoot(realDataDir) : findPlaceAsUser(realDataDir);
    const runDir = makeRunDir(root, identity);
    return { root, identity, clusterDir: join(root, "data"), runDir, leasePath: join(root, "lease") };
  } catch (cause) {
    const reason = FILE_ERRORS[(cause as NodeJS.ErrnoException).code ?? ""];
    if (reason === undefined) throw cause;
    throw new DatabaseStartError(
      `The data folder ${path} cannot be used: ${reason}. Point SWITCHBOARD_DATA_DIR elsewhere, or set DATABASE_URL.`,
      { cause },
    );
  }
}
