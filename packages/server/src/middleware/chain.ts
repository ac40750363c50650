import type { Clock } from "../platform/clock.ts";
import type { AuditNote, Principal } from "../trpc/context.ts";
import type { CallLog } from "./call-log.ts";
import type { ProcedureMeta } from "../trpc/meta.ts";

/** What the chain needs from the features; `server.ts` passes them in. */
export interface Chain {
  readonly clock: Clock;
  readonly limits: CallLimits;
  readonly stats: CallRecorder;
  readonly audit: AuditSink;
  readonly callLog: CallLog;
}

export type CallType = "query" | "mutation" | "subscription";

/** Which procedure is called; enough to find its limits and to count it. */
export interface Call {
  readonly path: string;
  readonly type: CallType;
  readonly meta: ProcedureMeta;
}

/** Whether a call mostly waits: it neither competes for the slots of its class nor counts as latency. */
export function isWaiting(call: Pick<Call, "type" | "meta">): boolean {
  return call.type === "subscription" || call.meta.isLongPoll === true;
}

/** Answer of a rate limiter. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Name for the `RateLimit` headers. */
  readonly policy: string;
  /** Calls per window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Calls left right now. */
  readonly remaining: number;
  /** Milliseconds until the whole allowance is back. */
  readonly resetMs: number;
  /** Milliseconds until one more call is allowed; 0 when allowed. */
  readonly retryAfterMs: number;
}

/** A held slot. `release` is safe twice and frees it once. */
export interface Permit {
  /** Milliseconds waited for the slot. */
  readonly queuedMs: number;
  release(): void;
}

export interface CallLimits {
  /** Charges one call to an address, before anybody knows who calls. */
  takeAddress(address: string): RateDecision;
  /** Charges one call to a caller (`user:<id>`, `key:<id>` or `address:<ip>`) under the procedure's policy. */
  takePrincipal(call: Call, key: string): RateDecision;
  /** Charges one call, of whatever procedure, to an API key that has a limit of its own. */
  takeKey(keyId: string, ratePerMinute: number): RateDecision;
  /** A slot, if one is free right now: the usual case, which costs no turn. */
  tryAcquire(call: Call): Permit | undefined;
  /** Waits for a slot. Raises an AppError: 503 `CONCURRENCY_FULL`, `DEADLINE_EXCEEDED`, or 499 when the caller left. */
  acquire(call: Call, signal: AbortSignal): Promise<Permit>;
}

/** How a call ended, as statistics count it. `limited` is a refusal by a limit, `clientError` any other 4xx. */
export type CallOutcome = "ok" | "clientError" | "limited" | "error";

export interface CallRecord {
  readonly call: Call;
  readonly outcome: CallOutcome;
  /** `OK` or the code of the error. */
  readonly code: string;
  /** From the arrival of the call to its answer, waiting included. A subscription: until its stream ended. */
  readonly durationMs: number;
  readonly queuedMs: number;
  readonly requestId: string;
  /** E-mail or key name, for the slow-call log. */
  readonly principal: string | undefined;
}

export interface CallRecorder {
  begin(call: Call): void;
  end(record: CallRecord): void;
}

/** One row for the audit log, as the chain knows it. */
export interface AuditEntry {
  readonly action: string;
  readonly outcome: "ok" | "refused" | "failed";
  readonly code: string | undefined;
  readonly principal: Principal | undefined;
  readonly address: string;
  readonly requestId: string;
  readonly note: AuditNote;
  /** As it came, of a call that was let through to its procedure. */
  readonly input?: unknown;
}

export interface AuditSink {
  /** Resolves once the row is stored. Rows of concurrent calls are stored together. */
  record(entry: AuditEntry): Promise<void>;
}
