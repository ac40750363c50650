import { passkey } from "@better-auth/passkey";
import type { Database } from "@switchboard/db";
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { APIError } from "better-auth/api";
import { twoFactor } from "better-auth/plugins/two-factor";
import type { Ids } from "../../platform/ids.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Passwords } from "./passwords.ts";
import { toCookieName } from "../credentials/session-cookie.ts";
import { SECRET_VERSION } from "../factors/seal.ts";

/** Carries the caller's address into better-auth; set by the sign-in handler, never by the caller. */
export const ADDRESS_HEADER = "x-switchboard-address";
/** better-auth sees requests under this origin only: which origins may call is decided before, against a list that changes. */
export const INTERNAL_ORIGIN = "http://localhost";
export const AUTH_PATH = "/api/auth";
const APP_NAME = "Switchboard";

const DAY_SECONDS = 24 * 3600;
export const SESSION_SECONDS = 7 * DAY_SECONDS;

export interface CookieNames {
  readonly session: string;
  readonly dontRemember: string;
  /** Of a sign-in that waits for its second step. */
  readonly twoFactor: string;
  /** Of a passkey that is being made or asked for. */
  readonly challenge: string;
}

export function toCookieNames(isSecure: boolean): CookieNames {
  const name = (base: string): string => toCookieName(`switchboard.${base}`, isSecure);
  return {
    session: name("session"),
    dontRemember: name("dont_remember"),
    twoFactor: name("two_factor"),
    challenge: name("passkey_challenge"),
  };
}

/** Answers one request. `relyingParty` is the name that passkeys are bound to; without it there are none. */
export type AuthAnswer = (request: Request, relyingParty?: string) => Promise<Response>;

export interface UsedPasskey {
  readonly credentialId: string;
  /** How often its authenticator says it was used; 0 for those that do not count. */
  readonly counter: number;
}

export interface BetterAuthDeps {
  readonly database: Pick<Database, "prisma">;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly secret: string;
  readonly isSecure: boolean;
  readonly passwords: Passwords;
  isSuspended(userId: string): Promise<boolean>;
  /** Notes the use of a passkey; false when its counter has not moved on, as with a copy of its authenticator. */
  usePasskey(used: UsedPasskey): Promise<boolean>;
}

/**
 * Sign-in, sign-out, the session cookie and the second factors. Its other endpoints are not reachable: the routes before it let
 * through what they know. Its limiter, its lock and its origin check are off, since ours count in Postgres and follow the server's
 * address. One instance per name that passkeys are bound to: the plugin takes the name when it is made.
 */
export function createBetterAuth(deps: BetterAuthDeps): AuthAnswer {
  const instances = new Map<string, ReturnType<typeof createInstance>>();
  return (request, relyingParty = "localhost") => {
    const instance = instances.get(relyingParty) ?? createInstance(deps, relyingParty);
    instances.set(relyingParty, instance);
    return instance.handler(request);
  };
}

function createInstance(deps: BetterAuthDeps, relyingParty: string) {
  const { ids, logger, secret, isSecure, passwords } = deps;
  const cookie = (name: string) => ({ name: toCookieName(name, isSecure), attributes: cookieAttributes });
  const cookieAttributes = { httpOnly: true, secure: isSecure, sameSite: "strict", path: "/" } as const;

  return betterAuth({
    appName: APP_NAME,
    baseURL: INTERNAL_ORIGIN,
    basePath: AUTH_PATH,
    // As a list: a variable of better-auth's own in the environment would win over a plain `secret`.
    secrets: [{ version: SECRET_VERSION, value: secret }],
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
    // Freshness is judged by the routes, by step-up and not by the age of the session.
    session: { expiresIn: SESSION_SECONDS, updateAge: DAY_SECONDS, freshAge: 0, cookieCache: { enabled: false } },
    plugins: [
      twoFactor({ issuer: APP_NAME, accountLockout: { enabled: false } }),
      passkey({
        rpID: relyingParty,
        rpName: APP_NAME,
        // Found without a name typed first, and two factors in one: the device, and the finger or PIN that unlocks it.
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        advanced: { webAuthnChallengeCookie: "passkey_challenge" },
        // The plugin asks for user verification but does not insist.
        registration: {
          afterVerification: ({ verification }) => requireUserVerified(verification.registrationInfo?.userVerified),
        },
        authentication: {
          afterVerification: async ({ verification: { authenticationInfo } }) => {
            requireUserVerified(authenticationInfo.userVerified);
            // The plugin reads the counter, compares and writes it later: two answers at once could both pass.
            const { credentialID: credentialId, newCounter: counter } = authenticationInfo;
            if (!(await deps.usePasskey({ credentialId, counter }))) throw passkeyRefused();
          },
        },
      }),
    ],
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
        session_token: cookie("switchboard.session"),
        session_data: cookie("switchboard.session_data"),
        account_data: cookie("switchboard.account_data"),
        dont_remember: cookie("switchboard.dont_remember"),
        two_factor: cookie("switchboard.two_factor"),
        trust_device: cookie("switchboard.trust_device"),
        passkey_challenge: cookie("switchboard.passkey_challenge"),
      },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER], ipv6Subnet: 128 },
      disableOriginCheck: true,
      disableCSRFCheck: true,
      // The tables hold what passwords need; the columns of OAuth are left out on purpose.
      database: { generateId: () => ids.uuid(), validateSchema: false },
    },
  });
}

function requireUserVerified(isVerified: boolean | undefined): void {
  if (isVerified !== true) throw passkeyRefused();
}

function passkeyRefused(): APIError {
  return new APIError("UNAUTHORIZED", { code: "AUTHENTICATION_FAILED", message: "This passkey was not accepted." });
}
