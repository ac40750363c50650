import type { Pool } from "pg";
import type { Clock } from "../../platform/clock.ts";
import type { Service } from "../../platform/lifecycle.ts";
import type { Logger } from "../../platform/logger.ts";
import type { RunningChange } from "../limits.gates.ts";
import type { LimitRegistry } from "../limits.registry.ts";
import { isDue, revertDue, selectChanges, type StoredChange } from "./changes.store.ts";

export interface FollowDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Pick<LimitRegistry, "apply">;
}

/** The changes of limits as this process runs them. */
export interface FollowedChanges extends Omit<Service, "name"> {
  /** What this process has just stored: a change, or with undefined that the limit runs as configured. */
  adopt(name: string, revision: number, change: StoredChange | undefined): void;
}

const READ_EVERY_MS = 2000;

interface Known {
  readonly change: StoredChange;
  /** Of the monotonic clock; Infinity for a change that is kept. */
  readonly dueMs: number;
}

/**
 * Reads what is stored every two seconds, and goes back by its own timer when a change has had its time, whether the database answers or
 * not. While it does not, the last values stay. Guarded by "while the database is away" in outage.int.test.ts.
 */
export function followChanges({ pool, clock, logger, registry }: FollowDeps): FollowedChanges {
  let known = new Map<string, Known>();
  /** Of what this process stored itself, by name. */
  const adopted = new Map<string, number>();
  const ignored = new Set<string>();
  let adoptions = 0;
  let reading: Promise<void> | undefined;
  let isAway = false;
  let running: AbortController | undefined;
  let cancelTimer = (): void => undefined;

  const run = (): void => {
    cancelTimer();
    const nowMs = clock.monotonicMs();
    const changes = new Map<string, RunningChange>();
    for (const [name, one] of known) {
      const change = toRunning(one, nowMs);
      if (change) changes.set(name, change);
    }
    for (const name of registry.apply(changes)) reportIgnored(name);
    const nextMs = Math.min(...[...known.values()].map(({ dueMs }) => dueMs).filter((dueMs) => dueMs > nowMs));
    if (running && Number.isFinite(nextMs)) cancelTimer = clock.after(nextMs - nowMs, goBack);
  };

  const goBack = (): void => {
    run();
    void refresh();
  };

  const reportIgnored = (name: string): void => {
    const revision = known.get(name)?.change.revision;
    if (ignored.has(`${name} ${revision}`)) return;
    ignored.add(`${name} ${revision}`);
    logger.info("limits.change.ignored", {
      name,
      revision,
      reason: "No limit of this process has the name and such values.",
    });
  };

  const toKnown = (change: StoredChange): Known => {
    const before = known.get(change.name);
    const dueMs = change.dueInMs === null ? Infinity : clock.monotonicMs() + change.dueInMs;
    // The two clocks differ by a hair: what has gone back here does not come to life again for that.
    return { change, dueMs: before?.change.revision === change.revision ? Math.min(dueMs, before.dueMs) : dueMs };
  };

  const take = (changes: readonly StoredChange[]): void => {
    known = new Map(changes.map((change) => [change.name, toKnown(change)]));
    run();
  };

  const read = async (): Promise<void> => {
    const seen = adoptions;
    const changes = await selectChanges(pool);
    // Read before this process stored something itself: that would be taken back until the next look.
    if (seen !== adoptions) return read();
    take(changes);
    if (!changes.some(isDue)) return;
    // Afterwards: a database that takes no writes refuses it, and what others have changed runs here all the same.
    await revertDue(pool);
    const left = await selectChanges(pool);
    if (seen === adoptions) take(left);
  };

  const refresh = (): Promise<void> => {
    reading ??= readOrReport().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  const readOrReport = async (): Promise<void> => {
    try {
      await read();
      if (isAway) logger.info("limits.changes.read-again", {});
      isAway = false;
    } catch (error) {
      if (!isAway) logger.warn("limits.changes.unread", { err: error });
      isAway = true;
    }
  };

  return {
    start: async () => {
      running = new AbortController();
      await read();
      clock.every(READ_EVERY_MS, refresh, running.signal);
    },
    stop: async () => {
      running?.abort();
      running = undefined;
      cancelTimer();
      await reading;
    },
    adopt: (name, revision, change) => {
      // Of two at once the answer of the earlier may come later.
      if (Math.max(adopted.get(name) ?? 0, known.get(name)?.change.revision ?? 0) > revision) return;
      adopted.set(name, revision);
      adoptions += 1;
      if (change) known.set(name, toKnown(change));
      else known.delete(name);
      run();
    },
  };
}

/** Undefined for what is configured. */
function toRunning({ change, dueMs }: Known, nowMs: number): RunningChange | undefined {
  const { values, revision, by, at, reason, revertAt, base } = change;
  if (nowMs < dueMs || !base) {
    return { values, change: { revision, by, at, reason, revertAt }, base };
  }
  return base.kept
    ? { values: base.values, change: { revision, ...base.kept, revertAt: null }, base: null }
    : undefined;
}
