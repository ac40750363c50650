import type { Pool } from "pg";
import { z } from "zod";
import type { JobDefinition } from "../../define.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Logger } from "../../platform/logger.ts";
import { inTransaction, isoOf, type Sql } from "../../platform/sql.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../../trpc/wire.ts";
import type { QueueBus } from "../bus.ts";
import type { Enqueuer } from "../enqueue.ts";
import type { JobState } from "../queue.schema.ts";
import { toJobFilter } from "../search/filter.ts";
import { bulkChanged, bulkNotFound, bulkNotStageable, bulkState, bulkTooLarge, bulkTooOld } from "./bulk.errors.ts";
import {
  BULK_MAX_JOBS,
  type bulkItemsInput,
  type bulkItemsPage,
  type bulkListInput,
  type bulkPage,
  type bulkPreviewInput,
  type bulkPreviewOutput,
  type bulkStartInput,
  type BulkState,
  type BulkSummary,
} from "./bulk.schema.ts";
import {
  insertBulk,
  lockBulk,
  readStage,
  selectBulk,
  selectBulks,
  selectItems,
  setBulkJob,
  setBulkState,
  type BulkRow,
} from "./bulk.store.ts";
import { BULK_JOB, createBulkJob, endOfStage } from "./runner.ts";
import { describeFilter, STATES_OF, toStages } from "./target.ts";
import { countTarget, FREEZE_TIMEOUT_MS, freezeTarget, inLimited, sampleTarget, type Target } from "./target.store.ts";
import { startBulkUpkeep } from "./upkeep.ts";

export interface BulkCaller {
  /** Shown with the act: an e-mail address or a key's name. */
  readonly name: string;
  readonly userId: string | null;
  readonly requestId?: string | undefined;
}

export interface BulkChange {
  readonly before: BulkState;
  readonly bulk: BulkSummary;
}

/** One act on many jobs, run by a durable job. All but the preview, the start and the list raise `BULK_NOT_FOUND`. */
export interface Bulk {
  /** For the queue. */
  readonly jobs: readonly JobDefinition[];
  /** Recovers and clears up until the signal aborts. For processes that run jobs. */
  startUpkeep(signal: AbortSignal): void;
  /** Raises `SEARCH_TOO_BROAD`, `SEARCH_REDACTED`, `SEARCH_CONDITION_INVALID`. */
  preview(input: z.output<typeof bulkPreviewInput>): Promise<z.infer<typeof bulkPreviewOutput>>;
  /** Raises what `preview` does, `BULK_CHANGED`, `BULK_TOO_LARGE` and `BULK_NOT_STAGEABLE`. */
  start(input: z.output<typeof bulkStartInput>, caller: BulkCaller): Promise<BulkSummary>;
  list(input: z.output<typeof bulkListInput>): Promise<z.infer<typeof bulkPage>>;
  get(id: string): Promise<BulkSummary>;
  items(input: z.output<typeof bulkItemsInput>): Promise<z.infer<typeof bulkItemsPage>>;
  /** Each raises `BULK_STATE` for a state that it is not for. */
  pause(id: string): Promise<BulkChange>;
  resume(id: string): Promise<BulkChange>;
  abort(id: string): Promise<BulkChange>;
  /** Raises also `BULK_TOO_OLD`. */
  undo(id: string): Promise<BulkChange>;
}

export interface BulkOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly bus: Pick<QueueBus, "publish">;
  /** Made of the jobs of this feature among others, and therefore asked when needed. */
  readonly enqueuer: () => Pick<Enqueuer, "enqueue">;
  readonly definitions: () => ReadonlyMap<string, JobDefinition>;
}

const LIST = "queue.bulk.list";
const ITEMS = "queue.bulk.items";
const listKeys = z.tuple([timestampSchema, idSchema]);
const itemKeys = z.tuple([z.number().int()]);

export function createBulk(options: BulkOptions): Bulk {
  const { pool, clock, ids, logger, bus, definitions } = options;
  const enqueue = async (sql: Sql, bulkId: string, caller?: BulkCaller): Promise<string> => {
    const { id } = await options
      .enqueuer()
      .enqueue(
        { name: BULK_JOB, input: { bulkId } },
        { enqueuedBy: caller?.name ?? `bulk ${bulkId}`, requestId: caller?.requestId, tx: sql },
      );
    return id;
  };

  const toTarget = (target: z.output<typeof bulkPreviewInput>["target"], asOf: string): Target =>
    "ids" in target
      ? { ids: [...new Set(target.ids)] }
      : { filter: { ...toJobFilter(target.filter, definitions()), asOf } };

  const readClock = async (): Promise<string> => {
    // Rounded up: jobs are stored with microseconds, and one of just now would otherwise be later than the act.
    const { rows } = await pool.query<{ now: string }>(`SELECT ${isoOf("(now() + INTERVAL '1 millisecond')")} AS now`);
    return rows[0]?.now ?? "";
  };

  const get = async (id: string): Promise<BulkSummary> => {
    const found = await selectBulk(pool, id);
    if (!found) throw bulkNotFound(id);
    return toSummary(pool, found);
  };

  /** Changes an act while it is held, so that of two changes at once the second sees what the first made of it. */
  const change = async (
    id: string,
    what: string,
    from: readonly BulkState[],
    act: (sql: Sql, bulk: BulkRow) => Promise<void>,
  ): Promise<BulkChange> => {
    const before = await inTransaction(pool, async (sql) => {
      const bulk = await lockBulk(sql, id);
      if (!bulk) throw bulkNotFound(id);
      if (!from.includes(bulk.state)) throw bulkState(id, bulk.state, what);
      await act(sql, bulk);
      return bulk.state;
    });
    return { before, bulk: await get(id) };
  };

  return {
    jobs: [createBulkJob({ pool, clock, bus, enqueueNext: enqueue })],
    startUpkeep: (signal) => startBulkUpkeep({ pool, clock, logger, enqueueNext: enqueue }, signal),

    preview: async ({ act, target }) => {
      const asOf = ("filter" in target ? target.asOf : undefined) ?? (await readClock());
      const chosen = toTarget(target, asOf);
      const counts = await countTarget(pool, chosen);
      const states = STATES_OF[act];
      const byState = pick(counts, (state) => states.includes(state));
      const running = byState.executing ?? 0;
      const matching = sum(byState);
      return {
        asOf,
        matching,
        skipped: pick(counts, (state) => !states.includes(state)),
        byState,
        sample: matching === 0 ? [] : await sampleTarget(pool, chosen, states),
        isUndoable: matching > running,
      };
    },

    start: async ({ act, target, expected, perSecond, isStaged, reason }, caller) => {
      if (isStaged && act !== "retry") throw bulkNotStageable();
      if (expected > BULK_MAX_JOBS) throw bulkTooLarge(expected, BULK_MAX_JOBS);
      const asOf = ("filter" in target ? target.asOf : undefined) ?? (await readClock());
      const chosen = toTarget(target, asOf);
      const id = ids.uuid();
      const frozen = await inLimited(pool, FREEZE_TIMEOUT_MS, async (sql) => {
        await insertBulk(sql, {
          id,
          act,
          filter: "filter" in target ? target.filter : null,
          asOf,
          total: expected,
          perSecond,
          stages: isStaged ? toStages(expected) : [],
          reason: reason ?? null,
          createdBy: caller.name,
          createdById: caller.userId,
        });
        const count = await freezeTarget(sql, id, chosen, STATES_OF[act], expected + 1);
        // Takes back what was written so far.
        if (count !== expected) throw new CountDiffers();
        await setBulkJob(sql, id, await enqueue(sql, id, caller));
        return count;
      }).catch((error: unknown) => {
        if (error instanceof CountDiffers) return undefined;
        throw error;
      });
      if (frozen === undefined) {
        const counts = await countTarget(pool, chosen);
        throw bulkChanged(expected, sum(pick(counts, (state) => STATES_OF[act].includes(state))));
      }
      return get(id);
    },

    list: async ({ limit, cursor, state }) => {
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, listKeys);
      const rows = await selectBulks(pool, { states: state, after, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: await Promise.all(page.map((row) => toSummary(pool, row))),
        nextCursor: last && rows.length > limit ? toCursor(LIST, [last.createdAt, last.id]) : null,
      };
    },
    get,
    items: async ({ id, state, limit, cursor }) => {
      if (!(await selectBulk(pool, id))) throw bulkNotFound(id);
      const after = cursor === undefined ? -1 : parseCursor(ITEMS, cursor, itemKeys)[0];
      const rows = await selectItems(pool, { id, state, after, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(({ jobId, name, state: ended, problem, jobState }) => ({
          jobId,
          name,
          state: ended,
          problem,
          jobState,
        })),
        nextCursor: last && rows.length > limit ? toCursor(ITEMS, [last.ordinal]) : null,
      };
    },

    pause: (id) => change(id, "paused", ["running"], (sql) => setBulkState(sql, id, "paused")),
    resume: (id) =>
      change(id, "resumed", ["paused"], async (sql) => {
        await setBulkState(sql, id, "running");
        await setBulkJob(sql, id, await enqueue(sql, id));
      }),
    abort: (id) => change(id, "aborted", ["running", "paused"], (sql) => setBulkState(sql, id, "aborted")),
    undo: (id) =>
      change(id, "undone", ["running", "paused", "done", "aborted", "stopped", "failed"], async (sql, bulk) => {
        if (bulk.undoUntil === null) throw bulkTooOld(id);
        await setBulkState(sql, id, "undoing", bulk.problem);
        await setBulkJob(sql, id, await enqueue(sql, id));
      }),
  };
}

class CountDiffers extends Error {}

type Counts = Partial<Record<JobState, number>>;

function pick(counts: Counts, isWanted: (state: JobState) => boolean): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([state]) => isWanted(state as JobState)));
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

async function toSummary(pool: Pool, row: BulkRow): Promise<BulkSummary> {
  const { stages, stage, rate, stageDoneAt: _, jobId: __, ...shown } = row;
  const left = row.state === "undoing" ? row.done - row.undone : row.total - row.done - row.failed;
  const isAtWork = row.state === "running" || row.state === "undoing";
  return {
    ...shown,
    target: row.filter === null ? `${row.total} chosen jobs` : describeFilter(row.filter),
    ratePerSecond: isAtWork ? rate : null,
    etaMs: isAtWork && rate !== null && rate > 0 ? (left / rate) * 1000 : null,
    stage: stages.length === 0 ? null : await toStage(pool, row, stages, stage),
  };
}

async function toStage(
  pool: Pool,
  row: BulkRow,
  stages: readonly number[],
  stage: number,
): Promise<BulkSummary["stage"]> {
  const end = endOfStage(row);
  const { succeeded, failedAgain, waiting } = await readStage(pool, row.id, end - (stages[stage] ?? 0), end);
  return { number: stage + 1, of: stages.length, sizes: [...stages], succeeded, failedAgain, waiting };
}
