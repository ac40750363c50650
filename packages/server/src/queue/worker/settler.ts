import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { pause } from "../pause.ts";
import type { AttemptNotes, ClaimKey, Engine, Settlement } from "../engine.ts";
import { toFingerprint } from "../errors/fingerprint.ts";

/**
 * Writes what became of attempts, one statement at a time for a queue: what gathers while a statement runs goes with the next.
 * One at a time also because two statements over the same rows in different orders would deadlock.
 */
export interface Settler {
  /** Resolves once it is on disk: true, or false when the claim held no longer. */
  settle(settlement: Settlement): Promise<boolean>;
  handBack(claim: ClaimKey): Promise<void>;
  saveNotes(notes: AttemptNotes): void;
  /** Resolves once nothing waits to be written. */
  idle(): Promise<void>;
}

export interface SettlerOptions {
  readonly engine: Pick<Engine, "settle" | "handBack" | "saveNotes">;
  readonly queue: string;
  readonly processId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the process gives up: then what is unwritten is left to whoever rescues the jobs. */
  readonly signal: AbortSignal;
}

interface Pending<Value, Answer> {
  readonly value: Value;
  readonly resolve: (answer: Answer) => void;
}

const BATCH_MAX = 500;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2000;

export function createSettler({ engine, queue, processId, clock, logger, signal }: SettlerOptions): Settler {
  const settlements: Pending<Settlement, boolean>[] = [];
  const returns: Pending<ClaimKey, void>[] = [];
  const notes = new Map<string, AttemptNotes>();
  let isWriting = false;
  let writing: Promise<void> = Promise.resolve();

  const settleBatch = async (batch: readonly Pending<Settlement, boolean>[]): Promise<void> => {
    try {
      const ids = new Set(
        await engine.settle(
          queue,
          processId,
          batch.map(({ value }) => value),
        ),
      );
      for (const { value, resolve } of batch) resolve(ids.has(value.id));
    } catch (error) {
      if (!isDataError(error)) throw error;
      // One value that Postgres refuses must not hold up the others, nor its own job for ever.
      logger.error("queue.settle.data-refused", { err: error, count: batch.length });
      if (batch.length > 1) for (const pending of batch) await settleBatch([pending]);
      else if (batch[0]) await settleBatch([{ ...batch[0], value: toBareFailure(batch[0].value) }]);
    }
  };

  /** Tries until it is written, for the database may be away for a while. False when the process gave up first. */
  const persist = async (write: () => Promise<void>): Promise<boolean> => {
    for (let delayMs = RETRY_MIN_MS; !signal.aborted; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      try {
        await write();
        return true;
      } catch (error) {
        logger.warn("queue.settle.failed", { queue, err: error });
        await pause(clock, delayMs, signal);
      }
    }
    return false;
  };

  const writeSettlements = async (batch: readonly Pending<Settlement, boolean>[]): Promise<void> => {
    if (batch.length === 0) return;
    if (!(await persist(() => settleBatch(batch)))) for (const { resolve } of batch) resolve(false);
  };

  const writeReturns = async (batch: readonly Pending<ClaimKey, void>[]): Promise<void> => {
    if (batch.length === 0) return;
    await persist(() =>
      engine.handBack(
        queue,
        processId,
        batch.map(({ value }) => value),
      ),
    );
    for (const { resolve } of batch) resolve();
  };

  /** Not persisted at any price: the settlement brings the same lines again. */
  const writeNotes = async (batch: readonly AttemptNotes[]): Promise<void> => {
    if (batch.length === 0) return;
    await engine
      .saveNotes(processId, batch)
      .catch((error: unknown) => logger.warn("queue.notes.failed", { queue, err: error }));
  };

  const writeAll = async (): Promise<void> => {
    isWriting = true;
    try {
      while (settlements.length > 0 || returns.length > 0 || notes.size > 0) {
        await writeSettlements(settlements.splice(0, BATCH_MAX));
        await writeReturns(returns.splice(0, BATCH_MAX));
        const noted = [...notes.values()];
        notes.clear();
        await writeNotes(noted);
      }
    } finally {
      isWriting = false;
    }
  };

  const kick = (): void => {
    if (!isWriting) writing = writeAll();
  };

  return {
    settle: (value) => {
      notes.delete(value.id);
      return new Promise((resolve) => {
        settlements.push({ value, resolve });
        kick();
      });
    },
    handBack: (value) => {
      notes.delete(value.id);
      return new Promise((resolve) => {
        returns.push({ value, resolve });
        kick();
      });
    },
    saveNotes: (value) => {
      notes.set(value.id, value);
      kick();
    },
    idle: async () => {
      while (isWriting) await writing;
    },
  };
}

/** Class 22 of Postgres's codes: the value itself was refused. */
function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && code.startsWith("22");
}

function toBareFailure(settlement: Settlement): Settlement {
  const error = {
    name: "OUTPUT_REFUSED",
    message: "The database refused what the attempt returned or logged.",
    stack: null,
  };
  // Of no job in particular: what it would be told apart by is what was refused.
  const { fingerprint } = toFingerprint("", error);
  return {
    ...settlement,
    logs: [],
    progressData: null,
    verdict: { outcome: "failed", error, fingerprint, retryInMs: null },
  };
}
