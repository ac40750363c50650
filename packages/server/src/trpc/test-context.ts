import { createCallLog } from "../middleware/call-log.ts";
import type { AuditEntry, CallLimits, CallRecord, CallRecorder, RateDecision } from "../middleware/chain.ts";
import { createSystemClock, type Clock } from "../platform/clock.ts";
import { createLogger } from "../platform/logger.ts";
import type { Context } from "./context.ts";
import type { Role } from "./roles.ts";

export interface TestContextOptions {
  /** Who calls; without it nobody signed in. */
  readonly role?: Role;
  readonly clock?: Clock;
  /** Default: everything is allowed. */
  readonly limits?: CallLimits;
  readonly stats?: CallRecorder;
  readonly signal?: AbortSignal;
}

/** For tests only: a context for `t.createCallerFactory`, and what the chain did with it. */
export interface TestContext {
  readonly context: Context;
  readonly audited: AuditEntry[];
  readonly recorded: CallRecord[];
  readonly headers: Map<string, string>;
}

const ALLOWED: RateDecision = {
  allowed: true,
  policy: "test",
  limit: 1,
  windowMs: 1000,
  remaining: 1,
  resetMs: 0,
  retryAfterMs: 0,
};

export function createTestContext(options: TestContextOptions = {}): TestContext {
  const { role, clock = createSystemClock() } = options;
  const audited: AuditEntry[] = [];
  const recorded: CallRecord[] = [];
  const headers = new Map<string, string>();
  const limits: CallLimits = options.limits ?? {
    takeAddress: () => ALLOWED,
    takePrincipal: () => ALLOWED,
    takeKey: () => ALLOWED,
    tryAcquire: () => undefined,
    acquire: async () => ({ queuedMs: 0, release: () => undefined }),
  };
  const stats: CallRecorder = options.stats ?? { begin: () => undefined, end: (record) => void recorded.push(record) };
  const principal = role && {
    kind: "session" as const,
    userId: "0193b2a0-0000-7000-8000-000000000001",
    email: `${role}@example.com`,
    name: role,
    role,
    credentialId: "0193b2a0-0000-7000-8000-000000000002",
    isVerified: true,
  };
  const context: Context = {
    requestId: "request-1",
    address: "192.0.2.1",
    userAgent: "test",
    signal: options.signal ?? new AbortController().signal,
    log: createLogger("silent"),
    chain: {
      clock,
      limits,
      stats,
      audit: { record: async (entry) => void audited.push(entry) },
      callLog: createCallLog(createLogger("silent")),
    },
    carriesJsonText: false,
    identify: async () => principal,
    identifyAgain: async () => principal,
    setHeader: (name, value) => void headers.set(name, value),
  };
  return { context, audited, recorded, headers };
}
