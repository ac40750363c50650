import type { Database } from "@switchboard/db";
import type { z } from "zod";
import type { AuditSink } from "../middleware/chain.ts";
import { hasRight } from "../middleware/rights.ts";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import type { Principal } from "../trpc/context.ts";
import type { ProcedureMeta } from "../trpc/meta.ts";
import { roles } from "../trpc/roles.ts";
import type { meSchema, rolesOutput } from "./access.schema.ts";
import { createAuthHandler } from "./sign-in/auth-handler.ts";
import { createBetterAuth, toSessionCookieName } from "./sign-in/better-auth.ts";
import { createCredentialCache } from "./credentials/credential-cache.ts";
import { createCredentials } from "./credentials/credentials.ts";
import { createKeys, type Keys } from "./keys/keys.service.ts";
import { createLastSeen } from "./credentials/last-seen.ts";
import { passwords } from "./sign-in/passwords.ts";
import type { RequestHeaders } from "./credentials/session-cookie.ts";
import { createSessions, type Sessions } from "./sessions/sessions.service.ts";
import {
  deleteExpiredSessions,
  deleteSessionByToken,
  deleteSessionsOf,
  isSuspended,
  selectUserId,
} from "./sessions/sessions.store.ts";
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
}

export interface Access extends Service {
  /**
   * Who sent these headers; undefined for nobody. Up to 2 s old; what ends a credential in this process counts at once. Raises
   * 401 `KEY_INVALID` for a bearer key that does not count, whatever the cookie says.
   */
  identify(headers: RequestHeaders): Promise<Principal | undefined>;
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
  /** Ends the sessions of a person and forgets what is known of their sessions and keys. Keys are judged afresh, not revoked. */
  endCredentials(userId: string): Promise<void>;
  /** Forgets what is known of a person's sessions and keys, after a change of role or name: nobody is signed out. */
  forgetCredentials(userId: string): void;
  me(principal: Principal): z.infer<typeof meSchema>;
  roles(): z.infer<typeof rolesOutput>;
  readonly claim: Setup["claim"];
  readonly sessions: Sessions;
  readonly keys: Keys;
}

const CLEAN_EVERY_MS = 3_600_000;

export function createAccess(deps: AccessDeps): Access {
  const { database, clock, ids, logger, secret, isSecure, catalog, audit } = deps;
  const { pool } = database;
  const { publicUrl, trustedOrigins } = deps;
  const readPublicUrl = (): URL => new URL(typeof publicUrl === "string" ? publicUrl : publicUrl());

  const cache = createCredentialCache(clock);
  const lastSeen = createLastSeen(pool, clock, logger);
  const cookieName = toSessionCookieName(isSecure);
  const credentials = createCredentials({ sql: pool, cache, lastSeen, secret, cookieName });
  const file = createSetupTokenFile(deps.dataDir, ids);
  const setup = createSetup({ pool, ids, logger, passwords, audit, file });
  const forgetCredentials = (userId: string): void => cache.forget((principal) => principal.userId === userId);

  const handleAuth = createAuthHandler({
    answer: createBetterAuth({ ...deps, passwords, isSuspended: (userId) => isSuspended(pool, userId) }),
    credentials,
    throttle: createSignInThrottle(pool),
    audit,
    allowedOrigins: () => [readPublicUrl().origin, ...(trustedOrigins?.() ?? [])],
    endSession: async (token) => {
      const id = await deleteSessionByToken(pool, token);
      cache.forget(({ credentialId }) => credentialId === id);
    },
    findUserId: (email) => selectUserId(pool, email),
  });

  const clean = async (): Promise<void> => {
    try {
      await deleteExpiredSessions(pool);
      await deleteEndedThrottles(pool);
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
      clock.every(CLEAN_EVERY_MS, clean, running.signal);
    },
    stop: async () => {
      if (!running) return;
      running.abort();
      running = undefined;
      await lastSeen.flush();
    },

    identify: credentials.identify,
    handleAuth,
    setupUrl: () => {
      const token = setup.token();
      return token && new URL(`/setup?token=${token}`, readPublicUrl()).href;
    },
    isSetupRequired: setup.isRequired,
    ensureOwner: setup.ensureOwner,
    hashPassword: passwords.hash,
    endCredentials: async (userId) => {
      await deleteSessionsOf(pool, userId);
      forgetCredentials(userId);
    },
    forgetCredentials,
    me: (principal) => ({
      user: { id: principal.userId, email: principal.email, name: principal.name, role: principal.role },
      via: principal.kind,
      rights: catalog()
        .filter(({ path, access }) => hasRight(principal, path, access))
        .map(({ path }) => path),
    }),
    roles: () => ({
      roles: roles.map((role) => ({
        name: role,
        rights: catalog()
          .filter(({ path, access }) => hasRight({ role }, path, access))
          .map(({ path }) => path),
      })),
    }),
    claim: setup.claim,
    sessions: createSessions(pool, cache),
    keys: createKeys({ sql: pool, ids, cache }),
  };
}
