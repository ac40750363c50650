import type { Database } from "@switchboard/db";
import type { z } from "zod";
import type { AuditSink } from "../middleware/chain.ts";
import { hasRight } from "../middleware/rights.ts";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import type { Sql } from "../platform/sql.ts";
import type { Principal } from "../trpc/context.ts";
import type { ProcedureMeta } from "../trpc/meta.ts";
import { roles } from "../trpc/roles.ts";
import type { meSchema, policyOutput, rolesOutput } from "./access.schema.ts";
import { createAuthHandler } from "./sign-in/auth-handler.ts";
import { createBetterAuth, toCookieNames } from "./sign-in/better-auth.ts";
import { createCredentialCache } from "./credentials/credential-cache.ts";
import { createCredentials } from "./credentials/credentials.ts";
import { createKeyCallers, type Caller } from "./keys/callers.ts";
import { deleteOldCallers } from "./keys/callers.store.ts";
import { createKeys, type Keys } from "./keys/keys.service.ts";
import { revokeKeysOf } from "./keys/keys.store.ts";
import { createFactors, type Factors } from "./factors/factors.service.ts";
import { deleteExpiredVerifications, deletePendingSignIns } from "./factors/factors.store.ts";
import { usePasskey } from "./factors/passkeys.store.ts";
import { createSeal } from "./factors/seal.ts";
import { toPolicy } from "./policy.ts";
import { createLastSeen } from "./credentials/last-seen.ts";
import { createPages } from "./sign-in/pages.ts";
import { passwords } from "./sign-in/passwords.ts";
import type { RequestHeaders } from "./credentials/session-cookie.ts";
import { createSessions, type Sessions } from "./sessions/sessions.service.ts";
import { deleteExpiredSessions, deleteSessionsOf, isSuspended } from "./sessions/sessions.store.ts";
import { createSetup, type Setup } from "./setup/setup.ts";
import { createSetupTokenFile } from "./setup/setup-token-file.ts";
import { createSignInThrottle } from "./sign-in/sign-in-throttle.ts";
import { deleteEndedThrottles } from "./sign-in/throttle.store.ts";

export interface AccessDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Signs the session cookie; changing it signs everybody out. At least 32 characters. */
  readonly secret: string;
  /** Where the dashboard is opened. A function where the port is known only once the server listens. */
  readonly publicUrl: string | (() => string);
  /** Origins whose pages may call `/api/auth/*` beside the public URL's. Default none. */
  readonly trustedOrigins?: () => readonly string[];
  /** Whether the dashboard is opened over https: the cookie is then `__Host-` and `Secure`. */
  readonly isSecure: boolean;
  /** Where the one-time set-up token is kept while there is no owner. */
  readonly dataDir: string;
  /** All procedures, for the rights that `me` and `roles` name. */
  readonly catalog: () => readonly CatalogEntry[];
  readonly audit: AuditSink;
}

export interface CatalogEntry {
  readonly path: string;
  readonly access: ProcedureMeta["access"];
  readonly stepUp?: ProcedureMeta["stepUp"] | undefined;
}

export interface Access extends Service {
  /**
   * Who sent these headers; undefined for nobody. Up to 2 s old; what ends a credential in this process counts at once. Raises
   * 401 `KEY_INVALID` for a bearer key that does not count, whatever the cookie says. `from` is recorded as a caller of the key.
   */
  identify(headers: RequestHeaders, how?: "fresh", from?: Caller): Promise<Principal | undefined>;
  /** The same where it needs no look-up: undefined says that nothing is known, not that it is nobody. */
  recall(headers: RequestHeaders, from: Caller): Principal | undefined;
  /**
   * Answers `/api/auth/*`. `address` is the caller's, proxies resolved. Whoever calls this has checked media type and size, as
   * for any other request that a cookie may carry.
   */
  handleAuth(request: Request, address: string): Promise<Response>;
  /** The one-time set-up link, from start on while there is no owner. */
  setupUrl(): string | undefined;
  isSetupRequired(): Promise<boolean>;
  /** Makes the first owner. Does nothing when there is an owner, and only warns when the address belongs to somebody else. */
  ensureOwner(input: { readonly email: string; readonly password: string }): Promise<void>;
  /** Argon2id, as the sign-in checks it. */
  hashPassword(password: string): Promise<string>;
  /**
   * Ends the sessions of a person and forgets what is known of their sessions and keys. Keys are judged afresh, not revoked. `sql`
   * is the transaction it belongs to; once that is committed, `forgetCredentials` makes it count here at once.
   */
  endCredentials(userId: string, sql?: Sql): Promise<void>;
  /** Revokes the keys of a person for good, here at once and in other processes within 2 s. `sql`: as above. */
  revokeKeysOf(userId: string, sql?: Sql): Promise<void>;
  /** Forgets what is known of a person's sessions and keys, after a change of role or name: nobody is signed out. */
  forgetCredentials(userId: string): void;
  me(principal: Principal): Promise<z.infer<typeof meSchema>>;
  roles(): z.infer<typeof rolesOutput>;
  policy(): z.infer<typeof policyOutput>;
  readonly claim: Setup["claim"];
  readonly sessions: Sessions;
  readonly keys: Keys;
  readonly factors: Pick<Factors, "reset">;
}

const CLEAN_EVERY_MS = 3_600_000;

export function createAccess(deps: AccessDeps): Access {
  const { database, clock, ids, logger, secret, isSecure, catalog, audit } = deps;
  const { pool } = database;
  const { publicUrl, trustedOrigins } = deps;
  const readPublicUrl = (): URL => new URL(typeof publicUrl === "string" ? publicUrl : publicUrl());

  const cache = createCredentialCache(clock);
  const lastSeen = createLastSeen(pool, clock, logger);
  const keyCallers = createKeyCallers(pool, clock, logger);
  const cookies = toCookieNames(isSecure);
  const cookieName = cookies.session;
  const credentials = createCredentials({ sql: pool, cache, lastSeen, keyCallers, secret, cookieName });
  const file = createSetupTokenFile(deps.dataDir, ids);
  const setup = createSetup({ pool, ids, logger, passwords, audit, file });
  const forgetCredentials = (userId: string): void => cache.forget((principal) => principal.userId === userId);
  const pages = createPages(() => [readPublicUrl().origin, ...(trustedOrigins?.() ?? [])]);
  const seal = createSeal(secret);
  const factors = createFactors({ pool, seal, arePasskeysAvailable: pages.haveName, forgetCredentials });

  const handleAuth = createAuthHandler({
    pool,
    clock,
    answer: createBetterAuth({
      ...deps,
      passwords,
      isSuspended: (userId) => isSuspended(pool, userId),
      usePasskey: (used) => usePasskey(pool, used),
    }),
    cookies,
    secret,
    credentials,
    passwords,
    seal,
    throttle: createSignInThrottle(pool),
    audit,
    pages,
    forgetSession: (id) => cache.forget(({ credentialId }) => credentialId === id),
    forgetCredentials,
  });

  const clean = async (): Promise<void> => {
    try {
      await deleteExpiredSessions(pool);
      await deleteOldCallers(pool);
      await deleteEndedThrottles(pool);
      await deleteExpiredVerifications(pool);
    } catch (error) {
      // The rows count for nothing already; the next round takes them.
      logger.warn("access.clean-failed", { err: error });
    }
  };
  let running: AbortController | undefined;

  return {
    name: "access",
    start: async () => {
      await setup.start();
      running = new AbortController();
      lastSeen.start(running.signal);
      keyCallers.start(running.signal);
      clock.every(CLEAN_EVERY_MS, clean, running.signal);
    },
    stop: async () => {
      if (!running) return;
      running.abort();
      running = undefined;
      await lastSeen.flush();
      await keyCallers.flush();
    },

    identify: credentials.identify,
    recall: credentials.recall,
    handleAuth,
    setupUrl: () => {
      const token = setup.token();
      return token && new URL(`/setup?token=${token}`, readPublicUrl()).href;
    },
    isSetupRequired: setup.isRequired,
    ensureOwner: setup.ensureOwner,
    hashPassword: passwords.hash,
    endCredentials: async (userId, sql = pool) => {
      await deleteSessionsOf(sql, userId);
      await deletePendingSignIns(sql, userId);
      forgetCredentials(userId);
    },
    revokeKeysOf: async (userId, sql = pool) => {
      await revokeKeysOf(sql, userId);
      forgetCredentials(userId);
    },
    forgetCredentials,
    me: async (principal) => ({
      user: { id: principal.userId, email: principal.email, name: principal.name, role: principal.role },
      via: principal.kind,
      rights: catalog()
        .filter(({ path, access }) => hasRight(principal, path, access))
        .map(({ path }) => path),
      security: await factors.security(principal),
    }),
    roles: () => ({
      roles: roles.map((role) => ({
        name: role,
        rights: catalog()
          .filter(({ path, access }) => hasRight({ role }, path, access))
          .map(({ path }) => path),
      })),
    }),
    policy: () => toPolicy(catalog()),
    claim: setup.claim,
    factors,
    sessions: createSessions(pool, cache),
    keys: createKeys({ pool, ids, cache }),
  };
}
