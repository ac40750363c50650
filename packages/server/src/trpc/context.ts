import type { TRPCError } from "@trpc/server";
import type { Role } from "./roles.ts";
import type { CallerSignal } from "../platform/deadline.ts";
import type { Logger } from "../platform/logger.ts";
import type { Chain } from "../middleware/chain.ts";

/** Who is calling: a person in a browser, or a person's API key. */
export interface Principal {
  readonly kind: "session" | "key";
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** Session id or key id. */
  readonly credentialId: string;
  /** For a key: its name, and the procedure path prefixes it is held to. Undefined means all that its role has. */
  readonly keyName?: string;
  readonly scopes?: readonly string[];
  /** For a key with a limit of its own: calls a minute over all procedures. */
  readonly ratePerMinute?: number;
  /** Sessions only: within the last 10 minutes the person proved who they are. A key is never asked to. */
  readonly isVerified?: boolean;
}

/** What a mutation says about itself for the audit log, beyond who, what and when. */
export interface AuditNote {
  readonly targetType?: string;
  readonly targetId?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string;
}

type Found = Principal | undefined;

/**
 * One HTTP request as the procedures see it. Only interfaces of our own are named here: the router type that clients
 * import refers to this one, and a Prisma or Redis type would be dragged into each client's type check.
 */
export interface Context {
  readonly requestId: string;
  /** The caller's address, after trusted proxies. */
  readonly address: string;
  readonly userAgent: string;
  /** Tells when the caller leaves before the answer. Procedures see an AbortSignal in its place, which has the deadline as well. */
  readonly signal: CallerSignal;
  readonly log: Logger;
  readonly chain: Chain;
  /** Whether the answer goes out as one text of JSON, so that a procedure may return what is such a text already. */
  readonly carriesJsonText: boolean;
  /**
   * Who calls; looked up once per request, whatever the size of the batch. Undefined when nobody signed in. A promise only where it
   * takes a look-up.
   */
  readonly identify: () => Found | Promise<Found>;
  /**
   * The same, looked up again: for calls that last longer than an answer may be trusted. `fresh` goes past what is kept in memory,
   * for what another process may have written a moment ago.
   */
  readonly identifyAgain: (how?: "fresh") => Promise<Principal | undefined>;
  /** Sets a header of the HTTP response. Does nothing once they were sent. */
  readonly setHeader: (name: string, value: string) => void;
  /** Told why a subscription was refused before its stream began; tRPC would answer it with 200. */
  readonly onStreamRefused?: ((error: TRPCError) => void) | undefined;
}

/** What a procedure behind the chain sees in addition. */
export interface CallContext extends Context {
  /** Undefined on public procedures only. */
  readonly principal: Principal | undefined;
  /** Adds to this call's audit row; mutations only. Later notes win field by field. */
  readonly note: (note: AuditNote) => void;
}
