import { createHash } from "node:crypto";
import { normalizeIP } from "@better-auth/core/utils/ip";
import type { AppError } from "../../platform/errors.ts";
import type { Sql } from "../../platform/sql.ts";
import { accountLocked, addressLimited } from "../access.errors.ts";
import { addFailure, deleteThrottle, selectThrottles, type Throttle } from "./throttle.store.ts";

/** Failures of one account until it is locked, from whatever addresses. */
export const ACCOUNT_FAILURES_MAX = 5;
/** Failures of one address (of one /64 with IPv6) over all accounts; higher, since an office shares one. */
export const ADDRESS_FAILURES_MAX = 50;
/** From the last failure: it forgets the count, and it ends a lock. */
export const LOCK_SECONDS = 15 * 60;

/** Without an e-mail, as with a passkey that nobody has, only the address counts. */
export interface SignInThrottle {
  /** Runs one attempt per account at a time in this process: fifty parallel guesses are not all let in by the same count. */
  inTurn<Result>(email: string | undefined, attempt: () => Promise<Result>): Promise<Result>;
  /** 429 `ACCOUNT_LOCKED` or `RATE_LIMITED` while there is a lock. */
  refusal(email: string | undefined, address: string): Promise<AppError | undefined>;
  /** Counts a wrong password or code; true when this one locked the account. */
  failed(email: string | undefined, address: string): Promise<boolean>;
  /** Forgets the account's failures. The address keeps its own: one good account must not pay for guesses at others. */
  succeeded(email: string): Promise<void>;
}

/**
 * Counts wrong passwords and codes in Postgres, for known and unknown e-mails alike. A lock by account lets a stranger lock somebody out
 * for a quarter of an hour; that is the price of stopping guesses that come from many addresses.
 */
export function createSignInThrottle(sql: Sql): SignInThrottle {
  const tails = new Map<string, Promise<unknown>>();

  return {
    inTurn: async (email, attempt) => {
      if (email === undefined) return attempt();
      const key = toAccountKey(email);
      const before = tails.get(key) ?? Promise.resolve();
      const turn = before.then(attempt, attempt);
      tails.set(key, turn);
      try {
        return await turn;
      } finally {
        if (tails.get(key) === turn) tails.delete(key);
      }
    },

    refusal: async (email, address) => {
      const [accountKey, addressKey] = toKeys(email, address);
      const throttles = await selectThrottles(sql, [accountKey, addressKey].filter(isKey));
      const find = (key: string | undefined, max: number): Throttle | undefined =>
        throttles.find((throttle) => throttle.key === key && throttle.failures >= max);
      const account = find(accountKey, ACCOUNT_FAILURES_MAX);
      if (account) return accountLocked(account.leftMs, toWords(account.leftMs));
      const fromAddress = find(addressKey, ADDRESS_FAILURES_MAX);
      return fromAddress && addressLimited(fromAddress.leftMs, toWords(fromAddress.leftMs));
    },

    failed: async (email, address) => {
      const [accountKey, addressKey] = toKeys(email, address);
      const throttles = await addFailure(sql, [accountKey, addressKey].filter(isKey), LOCK_SECONDS);
      return throttles.some(({ key, failures }) => key === accountKey && failures >= ACCOUNT_FAILURES_MAX);
    },

    succeeded: (email) => deleteThrottle(sql, toAccountKey(email)),
  };
}

/** Hashed: what people type into the e-mail field is now and then their password. */
export function toAccountKey(email: string): string {
  return `account:${createHash("sha256").update(email).digest("base64url")}`;
}

function toKeys(email: string | undefined, address: string): [account: string | undefined, address: string] {
  return [email === undefined ? undefined : toAccountKey(email), `address:${normalizeIP(address)}`];
}

const isKey = (key: string | undefined): key is string => key !== undefined;

export function toWords(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
