import { hash } from "node:crypto";
import type { Sql } from "../../platform/sql.ts";
import type { Principal } from "../../trpc/context.ts";
import { lowerOf } from "../../trpc/ranks.ts";
import { keyInvalid } from "../access.errors.ts";
import type { CredentialCache } from "./credential-cache.ts";
import { selectLiveKey, selectLiveSession } from "./credentials.store.ts";
import type { Caller, KeyCallers } from "../keys/callers.ts";
import { digestSecret, isSameHash, parseKey, type KeyText } from "../keys/key-text.ts";
import type { LastSeen } from "./last-seen.ts";
import { openSignedCookie, readCookie, readHeader, type RequestHeaders } from "./session-cookie.ts";

export interface Credentials {
  /**
   * Who sent these headers, at most two seconds old. A bearer key wins over the cookie; one that does not count raises 401
   * `KEY_INVALID` rather than fall back to the cookie. A cookie that does not count is nobody. `fresh` asks the database.
   * `from` is kept as a caller of the key.
   */
  identify(headers: RequestHeaders, how?: "fresh", from?: Caller): Promise<Principal | undefined>;
  /** Whoever `identify` would find without a look-up, and at once. */
  recall(headers: RequestHeaders, from: Caller): Principal | undefined;
  /** The same for the cookie alone, straight from the database. */
  readSession(token: string): Promise<Principal | undefined>;
  /** Token of a session cookie that carries our signature. */
  readToken(headers: RequestHeaders): string | undefined;
}

export function createCredentials(deps: {
  readonly sql: Sql;
  readonly cache: CredentialCache;
  readonly lastSeen: LastSeen;
  readonly keyCallers: KeyCallers;
  readonly secret: string;
  readonly cookieName: string;
}): Credentials {
  const { sql, cache, lastSeen, keyCallers, secret, cookieName } = deps;

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
      isVerified: session.isVerified,
    };
  };

  const readKey = async ({ prefix }: KeyText, digest: string): Promise<Principal> => {
    const key = await selectLiveKey(sql, prefix);
    if (!key) throw keyInvalid();
    const secretHash = Buffer.from(digest, "hex");
    const isCurrent = isSameHash(secretHash, key.secretHash);
    if (!isCurrent && !isSameHash(secretHash, key.previousHash)) throw keyInvalid();
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
      ...(key.ratePerMinute === null ? {} : { ratePerMinute: key.ratePerMinute }),
    };
  };

  const readToken = (headers: RequestHeaders): string | undefined => {
    const cookie = readCookie(headers, cookieName);
    return cookie === undefined ? undefined : openSignedCookie(cookie, secret);
  };

  return {
    readSession,
    readToken,
    recall: (headers, from) => {
      const text = readBearer(headers);
      if (text !== undefined) {
        const key = parseKey(text);
        if (!key) return undefined;
        const digest = digestSecret(key.secret);
        const principal = cache.peek(toKeyKey(key, digest));
        if (principal) keyCallers.noteKept(principal, digest, from);
        return principal;
      }
      const cookie = readCookie(headers, cookieName);
      return cookie === undefined ? undefined : cache.peek(toSessionKey(cookie));
    },
    identify: async (headers, how, from) => {
      const find = how === "fresh" ? cache.refresh : cache.get;
      const bearer = readBearer(headers);
      if (bearer !== undefined) {
        const text = parseKey(bearer);
        if (!text) throw keyInvalid();
        const digest = digestSecret(text.secret);
        const principal = await find(toKeyKey(text, digest), () => readKey(text, digest));
        if (principal && from) keyCallers.note(principal.credentialId, digest, from);
        return principal;
      }
      const cookie = readCookie(headers, cookieName);
      if (cookie === undefined) return undefined;
      // The signature is part of what is looked up: whoever is found was checked with it.
      return find(toSessionKey(cookie), async () => {
        const token = openSignedCookie(cookie, secret);
        return token === undefined ? undefined : readSession(token);
      });
    },
  };
}

/** What follows `Bearer`. */
function readBearer(headers: RequestHeaders): string | undefined {
  const text = readHeader(headers, "authorization");
  if (text === undefined) return undefined;
  // As nearly everybody writes it.
  if (text.startsWith("Bearer swb_")) return text.slice("Bearer ".length);
  return /^Bearer\b\s*(.*)$/i.exec(text)?.[1]?.trim();
}

function toKeyKey({ prefix }: KeyText, digest: string): string {
  return `key:${prefix}:${digest}`;
}

/** A hash, so that no credential lies in memory longer than its request. */
function toSessionKey(cookie: string): string {
  return `session:${hash("sha256", cookie, "hex")}`;
}
