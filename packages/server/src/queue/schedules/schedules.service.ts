import type { Pool } from "pg";
import { z } from "zod";
import type { JobDefinition } from "../../define.ts";
import type { Ids } from "../../platform/ids.ts";
import { inTransaction, isUniqueViolation, type Sql } from "../../platform/sql.ts";
import { parseCursor, toCursor, type Json } from "../../trpc/wire.ts";
import { parseJobInput, type Enqueuer } from "../enqueue.ts";
import { jobUnknown } from "../queue.errors.ts";
import { mergeRedacted, redact, redactByName, toRedaction } from "../redact.ts";
import { findClockChanges } from "./clock-changes.ts";
import { scheduleInvalid, scheduleNameTaken, scheduleNotFound, scheduleOfDefinition } from "./schedules.errors.ts";
import type {
  Schedule,
  scheduleCreateInput,
  schedulePreviewInput,
  schedulePreviewOutput,
  scheduleRunsInput,
  scheduleRunsPage,
  schedulesListInput,
  schedulesPage,
  scheduleUpdateInput,
} from "./schedules.schema.ts";
import {
  deleteSchedule,
  holdSchedule,
  insertRun,
  insertSchedule,
  readNow,
  selectRuns,
  selectSchedule,
  selectSchedules,
  setSchedulePaused,
  updateSchedule,
  type HeldSchedule,
  type ScheduleSettings,
  type StoredSchedule,
} from "./schedules.store.ts";
import { toTimingWords } from "./timing-words.ts";
import { findTimingIssues, nextTimes, type Timing } from "./timing.ts";

/** Jobs that are stored by the clock. All but `list`, `preview` and `create` raise `SCHEDULE_NOT_FOUND` for an unknown id. */
export interface Schedules {
  /** By name. Raises `CURSOR_INVALID`. */
  list(input: z.infer<typeof schedulesListInput>): Promise<z.infer<typeof schedulesPage>>;
  get(id: string): Promise<Schedule>;
  /** Newest first. Raises `CURSOR_INVALID`. */
  runs(input: z.infer<typeof scheduleRunsInput>): Promise<z.infer<typeof scheduleRunsPage>>;
  /** From the database's clock on. Raises `SCHEDULE_INVALID`. */
  preview(input: z.infer<typeof schedulePreviewInput>): Promise<z.infer<typeof schedulePreviewOutput>>;
  /** Raises `SCHEDULE_INVALID`, `SCHEDULE_NAME_TAKEN`, `JOB_UNKNOWN`, `JOB_INPUT_INVALID`. */
  create(input: z.infer<typeof scheduleCreateInput>, by?: string): Promise<Schedule>;
  /** A deleted schedule again, under its id, which must be free. Raises what `create` raises. */
  recreate(id: string, schedule: ScheduleNote, by?: string): Promise<Schedule>;
  /** Raises what `create` raises, and `SCHEDULE_OF_DEFINITION` for a change that belongs into the code. */
  update(
    input: z.infer<typeof scheduleUpdateInput>,
    by?: string,
  ): Promise<{ readonly before: Schedule; readonly after: Schedule }>;
  /** Answers what it was. Raises `SCHEDULE_OF_DEFINITION`. */
  remove(id: string): Promise<Schedule>;
  /** Also of a paused schedule; its times stay as they are. Raises `JOB_UNKNOWN`, `JOB_INPUT_INVALID`. */
  runNow(id: string, caller: { readonly by: string; readonly requestId?: string }): Promise<{ jobId: string }>;
}

export interface SchedulesOptions {
  readonly pool: Pool;
  readonly ids: Ids;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  readonly enqueuer: Pick<Enqueuer, "enqueue">;
}

/** What an operator decided of a schedule: enough to make it again. */
export interface ScheduleNote extends ScheduleSettings {
  readonly isPaused: boolean;
}

export function toScheduleNote(schedule: Schedule): ScheduleNote {
  const { name, jobName, input, cron, everyMs, timeZone, missed, pausedAt } = schedule;
  return { name, jobName, input, cron, everyMs, timeZone, missed, isPaused: pausedAt !== null };
}

const SCHEDULES_LIST = "queue.schedules";
const RUNS_LIST = "queue.schedules.runs";
const nameKey = z.tuple([z.string()]);
const runKey = z.tuple([z.string().regex(/^\d{1,18}$/)]);

export function createSchedules({ pool, ids, definitions, enqueuer }: SchedulesOptions): Schedules {
  const toWire = (stored: StoredSchedule): Schedule => {
    const { cron, everyMs } = stored;
    const definition = definitions.get(stored.jobName);
    const words = toTimingWords({ cron, everyMs });
    return {
      ...stored,
      input: definition ? redact(stored.input, toRedaction(definition).input) : redactByName(stored.input),
      words: words?.en ?? null,
      wordsByLanguage: words,
    };
  };

  const read = async (sql: Sql, id: string): Promise<Schedule> => {
    const stored = await selectSchedule(sql, id);
    if (!stored) throw scheduleNotFound(id);
    return toWire(stored);
  };

  const hold = async (sql: Sql, id: string): Promise<HeldSchedule> => {
    const held = await holdSchedule(sql, id);
    if (!held) throw scheduleNotFound(id);
    return held;
  };

  /** Raises what stands against these settings. The input as it is to be stored. */
  const check = (settings: ScheduleSettings): Json => {
    requireTiming(settings);
    const definition = definitions.get(settings.jobName);
    if (!definition) throw jobUnknown(settings.jobName, "jobName");
    return parseJobInput(definition, settings.input, ["input"]);
  };

  const insert = async (id: string, note: ScheduleNote, by: string | undefined): Promise<Schedule> => {
    const input = check(note);
    return inTransaction(pool, async (sql) => {
      const nextAt = nextTimes(note, await readNow(sql), 1)[0] ?? null;
      const made = { ...note, id, input, origin: "operator" as const, nextAt, by: by ?? null };
      if (!(await insertSchedule(sql, made))) throw scheduleNameTaken(note.name);
      return read(sql, id);
    });
  };

  const change = async (
    sql: Sql,
    held: HeldSchedule,
    input: z.infer<typeof scheduleUpdateInput>,
    by: string | undefined,
  ): Promise<void> => {
    const { isPaused } = input;
    const settings = mergeSettings(held, input, definitions.get(held.jobName));
    if (settings) {
      if (held.origin === "definition") throw scheduleOfDefinition(held.jobName);
      // The stored input stays with its job, which says what of it is secret: another would show it.
      if (settings.jobName !== held.jobName && input.input === undefined)
        throw scheduleInvalid([{ path: ["input"], message: "Give the input of the other job as well." }]);
      const stored = { ...settings, input: check(settings) };
      const nextAt = isSameTiming(held, settings) ? held.nextAt : (nextTimes(settings, held.now, 1)[0] ?? null);
      await updateSchedule(sql, held.id, { ...stored, nextAt }).catch((error: unknown) => {
        throw isUniqueViolation(error) ? scheduleNameTaken(settings.name) : error;
      });
    }
    if (isPaused !== undefined && isPaused !== held.isPaused) {
      await setSchedulePaused(sql, held.id, isPaused, by ?? null);
    }
  };

  return {
    list: async ({ limit, cursor, search, jobName }) => {
      const afterName = cursor === undefined ? undefined : parseCursor(SCHEDULES_LIST, cursor, nameKey)[0];
      const rows = await selectSchedules(pool, { limit: limit + 1, afterName, search: search || undefined, jobName });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(toWire),
        nextCursor: last && rows.length > page.length ? toCursor(SCHEDULES_LIST, [last.name]) : null,
      };
    },
    get: (id) => read(pool, id),
    runs: async ({ id, limit, cursor }) => {
      const beforeId = cursor === undefined ? undefined : parseCursor(RUNS_LIST, cursor, runKey)[0];
      await read(pool, id);
      const rows = await selectRuns(pool, { scheduleId: id, beforeId, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(({ run }) => run),
        nextCursor: last && rows.length > page.length ? toCursor(RUNS_LIST, [last.id]) : null,
      };
    },
    preview: async ({ count, ...timing }) => {
      requireTiming(timing);
      const from = await readNow(pool);
      const words = toTimingWords(timing);
      return {
        words: words?.en ?? null,
        wordsByLanguage: words,
        next: nextTimes(timing, from, count).map((at) => at.toISOString()),
        clockChanges: findClockChanges(timing, from),
      };
    },

    create: (input, by) => insert(ids.uuid(), { ...input, isPaused: false }, by),
    recreate: insert,
    update: (input, by) =>
      inTransaction(pool, async (sql) => {
        const held = await hold(sql, input.id);
        const before = await read(sql, input.id);
        await change(sql, held, input, by);
        return { before, after: await read(sql, input.id) };
      }),
    remove: (id) =>
      inTransaction(pool, async (sql) => {
        const { origin, jobName } = await hold(sql, id);
        // Of a definition that this release does not have any more, it is in nobody's way but the operator's.
        if (origin === "definition" && definitions.get(jobName)?.cron) throw scheduleOfDefinition(jobName);
        const before = await read(sql, id);
        await deleteSchedule(sql, id);
        return before;
      }),
    runNow: (id, { by, requestId }) =>
      inTransaction(pool, async (sql) => {
        const { jobName, input, now } = await hold(sql, id);
        const caller = { enqueuedBy: by, requestId, tx: sql, scheduleId: id };
        const { id: jobId, deduplicated } = await enqueuer.enqueue({ name: jobName, input }, caller);
        const note = deduplicated ? "Its job waits or runs already." : null;
        const outcome = deduplicated ? "skipped" : "enqueued";
        await insertRun(sql, { scheduleId: id, dueAt: now, outcome, jobId, by, note });
        return { jobId };
      }),
  };
}

function requireTiming(timing: Timing): void {
  const issues = findTimingIssues(timing);
  if (issues.length > 0) throw scheduleInvalid(issues);
}

/** Undefined when nothing but the pause is to change. A cron expression takes the place of an interval, and the other way round. */
function mergeSettings(
  held: HeldSchedule,
  input: z.infer<typeof scheduleUpdateInput>,
  definition: JobDefinition | undefined,
): ScheduleSettings | undefined {
  const { name, jobName, input: given, missed, timeZone, cron, everyMs } = input;
  if ([name, jobName, given, missed, timeZone, cron, everyMs].every((value) => value === undefined)) return undefined;
  const isSameJob = jobName === undefined || jobName === held.jobName;
  const hidden = isSameJob && definition ? toRedaction(definition).input : [];
  return {
    name: name ?? held.name,
    jobName: jobName ?? held.jobName,
    // What was shown as `[redacted]` and comes back so stays what it is.
    input: given === undefined ? held.input : mergeRedacted(given, held.input, hidden),
    missed: missed ?? held.missed,
    timeZone: timeZone ?? held.timeZone,
    cron: cron === undefined ? (everyMs == null ? held.cron : null) : cron,
    everyMs: everyMs === undefined ? (cron == null ? held.everyMs : null) : everyMs,
  };
}

function isSameTiming(one: Timing, other: Timing): boolean {
  return one.cron === other.cron && one.everyMs === other.everyMs && one.timeZone === other.timeZone;
}
