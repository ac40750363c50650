import type { Logger } from "../platform/logger.ts";
import type { Call, CallOutcome } from "./chain.ts";

/** What the log says of a call. */
export interface CallLine {
  readonly requestId: string;
  readonly address: string;
  readonly call: Call;
  readonly outcome: CallOutcome;
  readonly code: string;
  readonly durationMs: number;
  readonly queuedMs: number;
  /** E-mail or key name. */
  readonly principal: string | undefined;
  /** What went wrong in a call that failed; shown with its stack. */
  readonly failure: unknown;
}

export type CallLog = (line: CallLine) => void;

const NAMES = ["requestId", "address", "path", "type", "outcome", "code", "durationMs", "queuedMs", "principal"];

/** One line for each call: `info`, or `error` for one that failed. */
export function createCallLog(logger: Logger): CallLog {
  const write = logger.compile("call", NAMES);
  return ({ requestId, address, call: { path, type }, outcome, code, principal, failure, ...times }) => {
    const durationMs = toTenths(times.durationMs);
    const queuedMs = toTenths(times.queuedMs);
    if (outcome !== "error") {
      write([requestId, address, path, type, outcome, code, durationMs, queuedMs, principal]);
      return;
    }
    const fields = { requestId, address, path, type, outcome, code, durationMs, queuedMs, principal };
    logger.error("call", { ...fields, err: failure });
  };
}

const toTenths = (ms: number): number => Math.round(ms * 10) / 10;
