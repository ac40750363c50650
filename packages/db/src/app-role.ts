import { createHash, createHmac } from "node:crypto";
import type { Client } from "pg";
import {
  createRole,
  findRole,
  giveRights,
  joinRole,
  letConnect,
  readConnected,
  setPassword,
} from "./app-role.store.ts";
import { toScramVerifier } from "./scram.ts";

/** What the server is to work as. `reason` says why that is the role that it was given. */
export interface WorkRole {
  readonly url: string;
  readonly reason?: string;
}

export interface WorkRoleOptions {
  /** A connection as the role that migrates, and so owns the tables. */
  readonly owner: Client;
  readonly ownerUrl: string;
  /** Default: one for each database, since all databases of a server share its roles. */
  readonly name?: string | undefined;
  /** Opens a connection and closes it again. Raises what the server says to it. */
  readonly tryLogin: (url: string) => Promise<void>;
}

const INSUFFICIENT_PRIVILEGE = "42501";
const PASSWORD_REFUSED = "28P01";

/**
 * Prepares the role that the server works as: it has all rights on the tables but those of the audit log, which it reads, and adds to
 * by functions of their owner. With a login of its own rather than by `SET ROLE`: a session that lowered itself can raise itself again.
 *
 * Safe to repeat, and then mostly without effect. Where the given role may not do this, as on many managed servers, its own address is
 * answered, with the reason.
 */
export async function prepareWorkRole({ owner, ownerUrl, name, tryLogin }: WorkRoleOptions): Promise<WorkRole> {
  const connected = await readConnected(owner);
  // Prepared by another process, which handed on this address: see the supervisor of several processes.
  if (!connected.isOwner) return { url: ownerUrl };
  const role = name ?? `switchboard_app_${createHash("sha256").update(connected.database).digest("hex").slice(0, 12)}`;
  const password = derivePassword(ownerUrl);
  const url = toRoleUrl(ownerUrl, role, password);
  const verifier = password === undefined ? undefined : toScramVerifier(password);
  try {
    const found = await findRole(owner, role);
    if (found?.isStrong || found?.canLogIn === false) {
      return { url: ownerUrl, reason: `The role ${role} exists with other rights than this program gives it.` };
    }
    if (!found) await createRole(owner, role, verifier);
    await letConnect(owner, role);
    await tryLogin(url).catch(async (error: unknown) => {
      // The password of the owner has changed since, and with it this one.
      if (codeOf(error) !== PASSWORD_REFUSED || verifier === undefined) throw error;
      await setPassword(owner, role, verifier);
      await tryLogin(url);
    });
    await inTransaction(owner, async () => {
      if (!connected.isSuperuser) await joinRole(owner, role);
      await giveRights(owner, role);
    });
    return { url };
  } catch (error) {
    if (!isMissingRight(error)) throw error;
    return { url: ownerUrl, reason: (error as Error).message };
  }
}

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? "";

/** Also what a server or a pooler before it says that lets only certain roles in, or none without a password. */
function isMissingRight(error: unknown): boolean {
  const { message } = error as Error;
  return (
    codeOf(error) === INSUFFICIENT_PRIVILEGE ||
    /^28|^08P01$/.test(codeOf(error)) ||
    /password must be a string/.test(message)
  );
}

/** The same in every process that was given the same address, so that none has to keep it or tell the others. */
function derivePassword(ownerUrl: string): string | undefined {
  const { password, searchParams } = new URL(ownerUrl);
  const own = searchParams.get("password") ?? decodeURIComponent(password);
  if (own === "") return undefined;
  return createHmac("sha256", own).update("switchboard: the role that the server works as").digest("base64url");
}

function toRoleUrl(ownerUrl: string, role: string, password: string | undefined): string {
  const url = new URL(ownerUrl);
  for (const name of ["user", "password"]) url.searchParams.delete(name);
  url.username = encodeURIComponent(role);
  url.password = password ?? "";
  return url.href;
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query("BEGIN");
  try {
    await work();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
