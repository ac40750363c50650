import type { Database } from "@switchboard/db";
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { APIError } from "better-auth/api";
import type { Ids } from "../../platform/ids.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Passwords } from "./passwords.ts";
import { toCookieName } from "../credentials/session-cookie.ts";

/** Carries the caller's address into better-auth; set by the sign-in handler, never by the caller. */
export const ADDRESS_HEADER = "x-switchboard-address";
/** better-auth sees requests under this origin only: which origins may call is decided before, against a list that changes. */
export const INTERNAL_ORIGIN = "http://localhost";
export const AUTH_PATH = "/api/auth";
const SESSION_COOKIE = "switchboard.session";

const DAY_SECONDS = 24 * 3600;
const SESSION_SECONDS = 7 * DAY_SECONDS;

export function toSessionCookieName(isSecure: boolean): string {
  return toCookieName(SESSION_COOKIE, isSecure);
}

export interface BetterAuthDeps {
  readonly database: Pick<Database, "prisma">;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly secret: string;
  readonly isSecure: boolean;
  readonly passwords: Passwords;
  isSuspended(userId: string): Promise<boolean>;
}

/**
 * Sign-in, sign-out and the session cookie. Its other endpoints are not reachable: the handler before it lets three paths
 * through. Its limiter and its origin check are off, since ours count in Postgres and follow the server's address.
 */
export function createBetterAuth(deps: BetterAuthDeps): (request: Request) => Promise<Response> {
  const { ids, logger, secret, isSecure, passwords } = deps;
  const cookie = (name: string) => ({ name: toCookieName(name, isSecure), attributes: cookieAttributes });
  const cookieAttributes = { httpOnly: true, secure: isSecure, sameSite: "strict", path: "/" } as const;

  const auth = betterAuth({
    baseURL: INTERNAL_ORIGIN,
    basePath: AUTH_PATH,
    // As a list: a variable of better-auth's own in the environment would win over a plain `secret`.
    secrets: [{ version: 1, value: secret }],
    secret,
    database: prismaAdapter(deps.database.prisma, { provider: "postgresql" }),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: {
      log: (level, message) => {
        // Wrong passwords arrive here as warnings; they are in the audit log already.
        if (level === "error") logger.error("access.better-auth", { message });
      },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 12,
      password: {
        hash: passwords.hash,
        verify: ({ hash, password }) => passwords.verify(hash, password),
      },
    },
    // No cookie cache: it would let a revoked session live on.
    session: { expiresIn: SESSION_SECONDS, updateAge: DAY_SECONDS, cookieCache: { enabled: false } },
    databaseHooks: {
      session: {
        create: {
          // Only reached with the right password, so that a stranger cannot ask who is suspended.
          before: async ({ userId }) => {
            if (!(await deps.isSuspended(userId))) return;
            throw new APIError("FORBIDDEN", {
              code: "USER_SUSPENDED",
              message: "This account is suspended. Ask an administrator.",
            });
          },
        },
      },
    },
    advanced: {
      useSecureCookies: false, // the names say it: better-auth knows `__Secure-` only
      cookies: {
        session_token: cookie(SESSION_COOKIE),
        session_data: cookie("switchboard.session_data"),
        account_data: cookie("switchboard.account_data"),
        dont_remember: cookie("switchboard.dont_remember"),
      },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER], ipv6Subnet: 128 },
      disableOriginCheck: true,
      disableCSRFCheck: true,
      // The tables hold what passwords need; the columns of OAuth are left out on purpose.
      database: { generateId: () => ids.uuid(), validateSchema: false },
    },
  });
  return (request) => auth.handler(request);
}
