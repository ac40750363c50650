import { createHash } from "node:crypto";
import { normalizeIP } from "@better-auth/core/utils/ip";
import type { Sql } from "../../platform/sql.ts";
import { addFailure, deleteThrottle, selectThrottles, type Throttle } from "./throttle.store.ts";

/** Failures of one account until it is locked, from whatever addresses. */
export const ACCOUNT_FAILURES_MAX = 5;
/** Failures of one address (of one /64 with IPv6) over all accounts; higher, since an office shares one. */
export const ADDRESS_FAILURES_MAX = 50;
/** From the last failure: it forgets the count, and it ends a lock. */
export const LOCK_SECONDS = 15 * 60;

export interface Refusal {
  readonly code: "ACCOUNT_LOCKED" | "RATE_LIMITED";
  readonly message: string;
  readonly retryAfterMs: number;
}

export interface SignInThrottle {
  /** Runs one attempt per account at a time in this process: fifty parallel guesses are not all let in by the same count. */
  inTurn<Result>(email: string, attempt: () => Promise<Result>): Promise<Result>;
  refusal(email: string, address: string): Promise<Refusal | undefined>;
  /** Counts a wrong password; true when this one locked the account. */
  failed(email: string, address: string): Promise<boolean>;
  /** Forgets the account's failures. The address keeps its own: one good account must not pay for guesses at others. */
  succeeded(email: string): Promise<void>;
}

/**
 * Counts wrong passwords in Postgres, for known and unknown e-mails alike. A lock by account lets a stranger lock somebody out
 * for a quarter of an hour; that is the price of stopping guesses that come from many addresses.
 */
export function createSignInThrottle(sql: Sql): SignInThrottle {
  const tails = new Map<string, Promise<unknown>>();

  return {
    inTurn: async (email, attempt) => {
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
      const accountKey = toAccountKey(email);
      const addressKey = toAddressKey(address);
      const throttles = await selectThrottles(sql, [accountKey, addressKey]);
      const find = (key: string, max: number): Throttle | undefined =>
        throttles.find((throttle) => throttle.key === key && throttle.failures >= max);
      const account = find(accountKey, ACCOUNT_FAILURES_MAX);
      if (account) {
        return {
          code: "ACCOUNT_LOCKED",
          message: `Too many wrong passwords for this account. Try again in ${toWords(account.leftMs)}.`,
          retryAfterMs: account.leftMs,
        };
      }
      const fromAddress = find(addressKey, ADDRESS_FAILURES_MAX);
      return (
        fromAddress && {
          code: "RATE_LIMITED",
          message: `Too many failed sign-ins from this address. Try again in ${toWords(fromAddress.leftMs)}.`,
          retryAfterMs: fromAddress.leftMs,
        }
      );
    },

    failed: async (email, address) => {
      const accountKey = toAccountKey(email);
      const throttles = await addFailure(sql, [accountKey, toAddressKey(address)], LOCK_SECONDS);
      return throttles.some(({ key, failures }) => key === accountKey && failures >= ACCOUNT_FAILURES_MAX);
    },

    succeeded: (email) => deleteThrottle(sql, toAccountKey(email)),
  };
}

/** Hashed: what people type into the e-mail field is now and then their password. */
function toAccountKey(email: string): string {
  return `account:${createHash("sha256").update(email).digest("base64url")}`;
}

function toAddressKey(address: string): string {
  return `address:${normalizeIP(address)}`;
}

function toWords(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
