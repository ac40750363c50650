import type { JobDefinition } from "../../define.ts";
import type { Logger } from "../../platform/logger.ts";
import type { QueueBus } from "../bus.ts";
import { EXPIRY_MARGIN_SECONDS, type ClaimedJob, type ClaimKey, type Engine, type NameLimits } from "../engine.ts";
import type { QueueRecorder } from "../recorder.ts";
import { startAttempt, toNotes, type Attempt, type AttemptEnd, type AttemptOptions } from "./attempt.ts";
import type { Settler } from "./settler.ts";
import { createWaker } from "./waker.ts";

export interface QueueLoopOptions extends AttemptOptions {
  readonly queue: string;
  readonly definitions: readonly JobDefinition[];
  readonly engine: Engine;
  readonly settler: Settler;
  readonly bus: QueueBus;
  readonly logger: Logger;
  readonly processId: string;
  /** Milliseconds between two looks at an idle queue; a notification comes first as a rule. */
  readonly pollMs: number;
  readonly staleMs: number;
  readonly version: string;
  readonly recorder: Pick<QueueRecorder, "ended">;
  /** A job with a hook was discarded. */
  readonly onDiscarded: () => void;
}

/** Claims and runs the jobs of one queue in this process. */
export interface QueueLoop {
  readonly queue: string;
  readonly slots: number;
  /** What an operator decided; null: as wide as the widest job. */
  setSlots(slots: number | null): void;
  start(): void;
  /** Resolves once nothing more is claimed. */
  stopClaiming(): Promise<void>;
  wake(): void;
  /** Attempts that run. */
  running(): readonly Attempt[];
  /** Resolves once no attempt runs and everything about them is written. */
  settled(): Promise<void>;
  stopAttempts(ids: readonly string[], reason: "cancelled" | "lost"): void;
  saveNotes(): void;
}

/**
 * Claims no more than there are free slots: a job that waits in a process's memory could run in another one. One claim is under way
 * at a time, so that what a failed claim may have taken can be told from what is held.
 */
export function createQueueLoop(options: QueueLoopOptions): QueueLoop {
  const { queue, definitions, engine, settler, bus, logger, processId, pollMs, staleMs, clock } = options;
  const { version, recorder, onDiscarded } = options;
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const limits = toLimits(definitions);
  const widest = Math.max(...definitions.map(({ concurrency }) => concurrency.perProcess));
  let slots = widest;
  let isLimited = limits.size > 0;
  const expireSeconds =
    Math.ceil(Math.max(...definitions.map(({ timeoutMs }) => timeoutMs)) / 1000) + EXPIRY_MARGIN_SECONDS;
  const running = new Map<string, Attempt>();
  /** Claimed and not yet settled: those that run, and those whose end is being written. */
  const held = new Map<string, Promise<void>>();
  const waker = createWaker(clock);
  const claiming = new AbortController();
  let loop: Promise<void> = Promise.resolve();

  /** Names with a free place, and a limit that none of them can exceed however the claim is made up. */
  const plan = (): { readonly names: string[]; readonly limit: number } => {
    // More slots than the widest job has are for the widest: the others are narrow on purpose.
    const free = new Map(
      definitions.map(({ name, concurrency: { perProcess } }) => [
        name,
        perProcess === widest ? slots : Math.min(perProcess, slots),
      ]),
    );
    for (const { claim } of running.values()) free.set(claim.name, (free.get(claim.name) ?? 0) - 1);
    const names = [...free].filter(([, places]) => places > 0).map(([name]) => name);
    return { names, limit: Math.min(slots - running.size, ...names.map((name) => free.get(name) ?? 0)) };
  };

  const finish = async (attempt: Attempt, end: AttemptEnd, startedMs: number): Promise<void> => {
    const { claim, journal } = attempt;
    const { id, number, name } = claim;
    const notes = toNotes(claim, journal);
    const key: ClaimKey = { id, number };
    const durationMs = clock.monotonicMs() - startedMs;
    let outcome: string = end.kind;
    if (end.kind === "handBack") await settler.handBack(key);
    else if (end.kind === "dropped") settler.saveNotes(notes);
    else if (end.kind === "settled") {
      outcome = "completed";
      // What the job said after its transaction.
      settler.saveNotes(notes);
      recorder.ended({ queue, name, jobId: id, outcome: "completed", durationMs, version });
      bus.publish({ type: "ended", ids: [id] });
    } else {
      const { verdict } = end;
      const isFinal = verdict.outcome === "completed" || verdict.retryInMs === null;
      const ended = verdict.outcome === "failed" && isFinal ? "discarded" : verdict.outcome;
      const holds = await settler.settle({ ...notes, verdict });
      outcome = holds ? ended : "fenced";
      if (holds) {
        const error = verdict.outcome === "failed" ? verdict.error : undefined;
        recorder.ended({ queue, name, jobId: id, outcome: ended, durationMs, error, version });
        bus.publish({ type: isFinal ? "ended" : "changed", ids: [id] });
        if (verdict.outcome === "failed" && isFinal && verdict.discardHook !== undefined) onDiscarded();
      }
      // The loop may have gone to sleep before the time of the next attempt was stored.
      if (!isFinal) waker.wake();
    }
    // A place over all processes is free once that is written, and another process may have a job for it.
    if (isLimited) bus.publish({ type: "ready", queue });
    logger.info("queue.attempt", {
      queue,
      name,
      jobId: id,
      attempt: number,
      outcome,
      ...(end.kind === "settle" && end.verdict.outcome === "failed" ? { code: end.verdict.error.name } : {}),
      requestId: claim.requestId,
      durationMs,
    });
  };

  const begin = (claim: ClaimedJob): void => {
    const definition = byName.get(claim.name);
    // Claims name what they want, so this is a defect; the job goes back rather than being lost with it.
    if (!definition) {
      logger.error("queue.claim.unknown-name", { queue, name: claim.name, jobId: claim.id });
      void settler.handBack(claim);
      return;
    }
    const startedMs = clock.monotonicMs();
    const attempt = startAttempt(definition, claim, options);
    running.set(claim.id, attempt);
    const over = attempt.done.then((end) => {
      running.delete(claim.id);
      waker.wake();
      return finish(attempt, end, startedMs);
    });
    held.set(
      claim.id,
      over
        .catch((error: unknown) => logger.error("queue.attempt.finish-failed", { jobId: claim.id, err: error }))
        .finally(() => held.delete(claim.id)),
    );
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    let mayHoldUnknown = false;
    while (!signal.aborted) {
      const { names, limit } = plan();
      if (limit <= 0 || names.length === 0) {
        await waker.wait(pollMs, signal);
        continue;
      }
      try {
        if (mayHoldUnknown) await engine.handBackUnheld(queue, processId, [...held.keys()]);
        mayHoldUnknown = false;
        const claimed = await engine.claim({
          queue,
          processId,
          names,
          limit,
          expireSeconds,
          staleMs,
          version,
          limits,
        });
        const { jobs, nextDueMs = pollMs } = claimed;
        isLimited = claimed.isLimited;
        if (signal.aborted) await Promise.all(jobs.map((claim) => settler.handBack(claim)));
        else for (const claim of jobs) begin(claim);
        if (jobs.length < limit) await waker.wait(Math.min(pollMs, nextDueMs), signal);
      } catch (error) {
        // The claim may have been made and only its answer lost.
        mayHoldUnknown = true;
        logger.warn("queue.claim.failed", { queue, err: error });
        await waker.wait(pollMs, signal);
      }
    }
  };

  return {
    queue,
    get slots() {
      return slots;
    },
    setSlots: (wanted) => {
      const before = slots;
      slots = wanted ?? widest;
      if (slots > before) waker.wake();
    },
    start: () => {
      loop = run(claiming.signal);
    },
    stopClaiming: async () => {
      claiming.abort();
      await loop;
    },
    wake: waker.wake,
    running: () => [...running.values()],
    settled: async () => {
      while (held.size > 0) await Promise.all(held.values());
      await settler.idle();
    },
    stopAttempts: (ids, reason) => {
      for (const id of ids) running.get(id)?.stop(reason);
    },
    saveNotes: () => {
      for (const { claim, journal } of running.values())
        if (journal.takeChanged()) settler.saveNotes(toNotes(claim, journal));
    },
  };
}

function toLimits(definitions: readonly JobDefinition[]): ReadonlyMap<string, NameLimits> {
  return new Map(
    definitions.flatMap(({ name, concurrency: { global, perKey }, rateLimit }) =>
      global === undefined && perKey === undefined && rateLimit === undefined
        ? []
        : [[name, { global, perKey, rateLimit }] as const],
    ),
  );
}
