import { createHash } from "node:crypto";
import type { Sql } from "../../platform/sql.ts";
import type { Principal } from "../../trpc/context.ts";
import { lowerOf } from "../../trpc/ranks.ts";
import { keyInvalid } from "../access.errors.ts";
import type { CredentialCache } from "./credential-cache.ts";
import { selectLiveKey, selectLiveSession } from "./credentials.store.ts";
import { hashSecret, isSameHash, parseKey } from "../keys/key-text.ts";
import type { LastSeen } from "./last-seen.ts";
import { openSignedCookie, readCookie, readHeader, type RequestHeaders } from "./session-cookie.ts";

export interface Credentials {
  /**
   * Who sent these headers, at most two seconds old. A bearer key wins over the cookie; one that does not count raises 401
   * `KEY_INVALID` rather than fall back to the cookie. A cookie that does not count is nobody.
   */
  identify(headers: RequestHeaders): Promise<Principal | undefined>;
  /** The same for the cookie alone, straight from the database. */
  readSession(token: string): Promise<Principal | undefined>;
  /** Token of a session cookie that carries our signature. */
  readToken(headers: RequestHeaders): string | undefined;
}

export function createCredentials(deps: {
  readonly sql: Sql;
  readonly cache: CredentialCache;
  readonly lastSeen: LastSeen;
  readonly secret: string;
  readonly cookieName: string;
}): Credentials {
  const { sql, cache, lastSeen, secret, cookieName } = deps;

  const readSession = async (token: string): Promise<Principal | undefined> => {
    const session = await selectLiveSession(sql, token);
    if (!session) return undefined;
    if (session.isStale) lastSeen.note("session", session.id);
    return {
      kind: "session",
      userId: session.userId,
      email: session.email,
      name: session.userName,
      role: session.userRole,
      credentialId: session.id,
    };
  };

  const readKey = async (text: string): Promise<Principal> => {
    const parsed = parseKey(text);
    const key = parsed && (await selectLiveKey(sql, parsed.prefix));
    if (!parsed || !key) throw keyInvalid();
    const hash = hashSecret(parsed.secret);
    const isCurrent = isSameHash(hash, key.secretHash);
    if (!isCurrent && !isSameHash(hash, key.previousHash)) throw keyInvalid();
    if (isCurrent && key.isStale) lastSeen.note("key", key.id);
    if (!isCurrent && key.isPreviousStale) lastSeen.note("previousKey", key.id);
    return {
      kind: "key",
      userId: key.userId,
      email: key.email,
      name: key.userName,
      // The owner may have been given a lower role since the key was made.
      role: lowerOf(key.role, key.userRole),
      credentialId: key.id,
      keyName: key.name,
      ...(key.scopes ? { scopes: key.scopes } : {}),
    };
  };

  const readToken = (headers: RequestHeaders): string | undefined => {
    const cookie = readCookie(headers, cookieName);
    return cookie === undefined ? undefined : openSignedCookie(cookie, secret);
  };

  return {
    readSession,
    readToken,
    identify: async (headers) => {
      const bearer = /^Bearer\b\s*(.*)$/i.exec(readHeader(headers, "authorization") ?? "")?.[1];
      if (bearer !== undefined) return cache.get(toCacheKey("key", bearer), () => readKey(bearer.trim()));
      const token = readToken(headers);
      return token === undefined ? undefined : cache.get(toCacheKey("session", token), () => readSession(token));
    },
  };
}

/** A hash, so that no credential lies in memory longer than its request. */
function toCacheKey(kind: string, text: string): string {
  return createHash("sha256").update(`${kind}:${text}`).digest("base64url");
}
