import type { Pool } from "pg";
import type { Clock } from "../../platform/clock.ts";
import type { Service } from "../../platform/lifecycle.ts";
import type { Logger } from "../../platform/logger.ts";
import type { RunningChange } from "../limits.gates.ts";
import type { LimitRegistry } from "../limits.registry.ts";
import type { LimitValues } from "../limits.schema.ts";
import type { RunningOverride } from "../overrides/own-rates.ts";
import { endDueOverrides, selectOverrides, type StoredOverride } from "../overrides/overrides.store.ts";
import { isDue, revertDue, selectChanges, type StoredChange } from "./changes.store.ts";
import { createTracked, type Known } from "./tracked.ts";

export interface FollowDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Pick<LimitRegistry, "apply" | "applyOverrides" | "gates">;
}

/** The changes of limits, and the callers with an allowance of their own, as this process runs them. */
export interface FollowedChanges extends Omit<Service, "name"> {
  /** What this process has just stored: a change, or with undefined that the limit runs as configured. */
  adopt(name: string, revision: number, change: StoredChange | undefined): void;
  /** The same of a caller; with undefined it has what all have. */
  adoptOverride(name: string, caller: string, revision: number, override: StoredOverride | undefined): void;
}

const READ_EVERY_MS = 2000;
/** A timer of Node that is longer than 24.8 days fires at once; an override may have 30 to go. */
const TIMER_MAX_MS = 24 * 60 * 60_000;

interface Read {
  readonly changes: readonly StoredChange[];
  readonly overrides: readonly StoredOverride[];
}

/**
 * Reads what is stored every two seconds, and goes back by its own timer when something has had its time, whether the database answers or
 * not. While it does not, the last values stay. Guarded by "while the database is away" in outage.int.test.ts.
 */
export function followChanges({ pool, clock, logger, registry }: FollowDeps): FollowedChanges {
  const changes = createTracked<StoredChange>(clock, ({ name }) => name);
  const overrides = createTracked<StoredOverride>(clock, ({ name, caller }) => toKey(name, caller));
  const ignored = new Set<number>();
  let adoptions = 0;
  let reading: Promise<void> | undefined;
  let isAway = false;
  let running: AbortController | undefined;
  let cancelTimer = (): void => undefined;

  const run = (): void => {
    cancelTimer();
    const nowMs = clock.monotonicMs();
    runChanges(nowMs);
    runOverrides(nowMs);
    const known = [...changes.known.values(), ...overrides.known.values()];
    const nextMs = Math.min(...known.map(({ dueMs }) => dueMs).filter((dueMs) => dueMs > nowMs));
    if (running && Number.isFinite(nextMs)) cancelTimer = clock.after(Math.min(nextMs - nowMs, TIMER_MAX_MS), goBack);
  };

  const runChanges = (nowMs: number): void => {
    const byName = new Map<string, RunningChange>();
    for (const [name, one] of changes.known) {
      const change = toRunning(one, nowMs);
      if (change) byName.set(name, change);
    }
    for (const name of registry.apply(byName)) {
      reportIgnored({ name, revision: changes.known.get(name)?.row.revision ?? 0 });
    }
  };

  const runOverrides = (nowMs: number): void => {
    const byName = new Map<string, RunningOverride[]>();
    for (const { row, dueMs } of overrides.known.values()) {
      if (nowMs >= dueMs) continue;
      const ofLimit = byName.get(row.name) ?? [];
      ofLimit.push(row);
      byName.set(row.name, ofLimit);
    }
    for (const { name, override } of registry.applyOverrides(byName)) {
      reportIgnored({ name, caller: override.caller, revision: override.revision });
    }
  };

  const goBack = (): void => {
    run();
    void refresh();
  };

  /** Once: a revision is of one row. */
  const reportIgnored = (row: { readonly name: string; readonly caller?: string; readonly revision: number }): void => {
    if (ignored.has(row.revision)) return;
    ignored.add(row.revision);
    logger.info("limits.change.ignored", {
      ...row,
      reason: "No limit of this process has the name and such values.",
    });
  };

  const select = async (): Promise<Read> => ({
    changes: await selectChanges(pool),
    overrides: await selectOverrides(pool),
  });

  const take = (found: Read): void => {
    changes.replace(found.changes);
    overrides.replace(found.overrides);
    run();
  };

  const read = async (): Promise<void> => {
    const seen = adoptions;
    const found = await select();
    // Read before this process stored something itself: that would be taken back until the next look.
    if (seen !== adoptions) return read();
    take(found);
    if (!found.changes.some(isDue) && !found.overrides.some(isDue)) return;
    // Afterwards: a database that takes no writes refuses it, and what others have changed runs here all the same.
    await revertDue(pool);
    // After the changes: the history says what a caller has from then on.
    if (found.overrides.some(isDue)) await endDueOverrides(pool, toConfigured(registry));
    const left = await select();
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
      if (!changes.adopt(name, revision, change)) return;
      adoptions += 1;
      run();
    },
    adoptOverride: (name, caller, revision, override) => {
      if (!overrides.adopt(toKey(name, caller), revision, override)) return;
      adoptions += 1;
      run();
    },
  };
}

const toKey = (name: string, caller: string): string => `${name} ${caller}`;

/** What limits go back to, by their names. */
export function toConfigured(registry: Pick<LimitRegistry, "gates">): Record<string, LimitValues> {
  return Object.fromEntries(registry.gates().map(({ name, configured }) => [name, configured]));
}

/** Undefined for what is configured. */
function toRunning({ row, dueMs }: Known<StoredChange>, nowMs: number): RunningChange | undefined {
  const { values, revision, by, at, reason, revertAt, base } = row;
  if (nowMs < dueMs || !base) {
    return { values, change: { revision, by, at, reason, revertAt }, base };
  }
  return base.kept
    ? { values: base.values, change: { revision, ...base.kept, revertAt: null }, base: null }
    : undefined;
}
