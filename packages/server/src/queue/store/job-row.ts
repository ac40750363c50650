import { isoOf } from "../../platform/sql.ts";
import type { Json } from "../../trpc/wire.ts";
import type { JobError, JobOutcome, LogLine, StoredJob } from "../engine.ts";
import type { JobDetail, JobState, JobSummary } from "../queue.schema.ts";

/** pg-boss's words for the states; they stop in this file. */
type BossState = "created" | "retry" | "active" | "completed" | "cancelled" | "failed";

/**
 * The one place where pg-boss's states become ours. A `created` job is scheduled while its start is ahead, and that is for the
 * database's clock to say.
 */
export function toJobState(state: BossState, isAhead: boolean): JobState {
  switch (state) {
    case "created":
      return isAhead ? "scheduled" : "available";
    case "active":
      return "executing";
    case "retry":
      return "retryable";
    case "failed":
      return "discarded";
    case "completed":
    case "cancelled":
      return state;
  }
}

/** The same, the other way, as a condition on `j`. Fixed texts: they go into statements as they are. */
export const STATE_CONDITIONS: Readonly<Record<JobState, string>> = {
  scheduled: "(j.state = 'created' AND j.start_after > now())",
  available: "(j.state = 'created' AND j.start_after <= now())",
  executing: "j.state = 'active'",
  retryable: "j.state = 'retry'",
  completed: "j.state = 'completed'",
  cancelled: "j.state = 'cancelled'",
  discarded: "j.state = 'failed'",
};

/**
 * What is kept of a job beside pg-boss's columns: the input, who asked for it. The name is the row's `group_id`, where a claim
 * can filter on it: several kinds of job share a queue, and a process takes only those it knows.
 */
export interface Envelope {
  readonly input: Json;
  readonly enqueuedBy?: string;
  readonly requestId?: string;
  readonly tags?: readonly string[];
  /** The job whose run stored this one. */
  readonly parentId?: string;
  readonly scheduleId?: string;
  /** ISO 8601: not started by then, it is discarded. */
  readonly expiresAt?: string;
  /** How many discarded jobs led to this one, one after the other. */
  readonly discards?: number;
}

/** How long a job is kept after its end; a discarded one waits for somebody to look at it. pg-boss deletes them by `deletion_seconds`. */
export const KEEP_COMPLETED_SECONDS = 7 * 24 * 3600;
export const KEEP_DISCARDED_SECONDS = 30 * 24 * 3600;

/** The name of the error of a job whose input does not fit its schema: it is set aside without a run. */
export const INPUT_MISFIT = "INPUT_MISFIT";

/** Attempts made. pg-boss counts a retry when the job is claimed again; handing back clears `started_on`. */
export const ATTEMPTS_SQL = "(CASE WHEN j.started_on IS NULL THEN j.retry_count ELSE j.retry_count + 1 END)";

/** Of `j`. Progress is looked up and not joined: the planner would read all attempts for a page of jobs. */
export const SUMMARY_COLUMNS = `
  j.id, j.group_id AS name, j.name AS queue, j.state::text AS state, j.start_after > now() AS is_ahead, j.priority,
  ${ATTEMPTS_SQL} AS attempts, j.retry_limit + 1 AS max_attempts,
  ${isoOf("j.created_on")} AS created_on, ${isoOf("j.start_after")} AS start_after,
  ${isoOf("j.started_on")} AS started_on, ${isoOf("j.completed_on")} AS completed_on,
  (extract(epoch FROM coalesce(j.completed_on, CASE WHEN j.state = 'active' THEN now() END) - j.started_on) * 1000)::float8 AS duration_ms,
  CASE WHEN j.state IN ('retry', 'failed') THEN left(j.output->>'message', 500) END AS error_message,
  CASE WHEN j.state IN ('retry', 'failed') THEN j.output->>'fingerprint' END AS fingerprint,
  coalesce(j.state = 'failed' AND j.started_on IS NULL AND j.output->>'name' = '${INPUT_MISFIT}', false) AS is_quarantined,
  j.data->'tags' AS tags, j.group_tier AS key,
  (SELECT a.progress FROM job_attempt a
   WHERE j.state = 'active' AND a.job_id = j.id AND a.number = j.retry_count + 1) AS progress`;

export interface SummaryRow {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly state: BossState;
  readonly is_ahead: boolean;
  readonly priority: number;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly created_on: string;
  readonly start_after: string;
  readonly started_on: string | null;
  readonly completed_on: string | null;
  readonly duration_ms: number | null;
  readonly error_message: string | null;
  readonly fingerprint: string | null;
  readonly is_quarantined: boolean;
  readonly tags: readonly string[] | null;
  readonly key: string | null;
  readonly progress: number | null;
}

export interface DetailRow extends SummaryRow {
  readonly data: Envelope;
  readonly output: Json | null;
  readonly singleton_key: string | null;
  readonly attempt_log: readonly AttemptRow[] | null;
  readonly events: readonly EventRow[] | null;
  readonly children: readonly ChildRow[] | null;
}

type ChildRow = Pick<SummaryRow, "id" | "name" | "state" | "is_ahead">;

/** As `jsonb_agg` gives them: times are ISO texts. */
type EventRow = StoredJob["events"][number];

export interface AttemptRow {
  readonly number: number;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly outcome: "completed" | "failed" | "cancelled" | "lost" | null;
  readonly process_id: string;
  readonly version: string | null;
  readonly fingerprint: string | null;
  readonly progress: number | null;
  readonly progress_data: Json | null;
  readonly error: JobError | null;
  readonly logs: LogLine[] | null;
}

export function toSummary(row: SummaryRow): JobSummary {
  return {
    id: row.id,
    name: row.name,
    queue: row.queue,
    state: toJobState(row.state, row.is_ahead),
    priority: row.priority,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    createdAt: row.created_on,
    scheduledFor: row.start_after,
    startedAt: row.started_on,
    finishedAt: row.completed_on,
    durationMs: row.duration_ms,
    errorMessage: row.error_message,
    progress: row.progress,
    tags: [...(row.tags ?? [])],
    key: row.key,
    fingerprint: row.fingerprint,
    isQuarantined: row.is_quarantined,
  };
}

export function toStoredJob(row: DetailRow): StoredJob {
  const summary = toSummary(row);
  const { output, error } = toOutcome(row.name, row.state, row.is_ahead, row.output);
  return {
    detail: {
      ...summary,
      input: row.data.input,
      output,
      error,
      attemptLog: (row.attempt_log ?? []).map((attempt) => toAttempt(attempt, summary)),
      enqueuedBy: row.data.enqueuedBy ?? null,
      requestId: row.data.requestId ?? null,
      parentId: row.data.parentId ?? null,
      children: (row.children ?? []).map(({ state, is_ahead, ...child }) => ({
        ...child,
        state: toJobState(state, is_ahead),
      })),
      scheduleId: row.data.scheduleId ?? null,
      dedupeKey: toDedupeKey(row),
      expiresAt: row.data.expiresAt ?? null,
    },
    events: (row.events ?? []).map(({ at, kind, by, attempt, note }) => ({
      at: new Date(at).toISOString(),
      kind,
      by,
      attempt,
      note,
    })),
  };
}

/** Stored as `name:key`, see the engine's insert; a name has no colon. */
function toDedupeKey({ name, singleton_key: stored }: DetailRow): string | null {
  return stored === null ? null : stored.slice(name.length + 1);
}

/** pg-boss keeps the result of a completed job and the error of a failed one in the same column. */
export function toOutcome(name: string, state: BossState, isAhead: boolean, stored: Json | null): JobOutcome {
  return {
    name,
    state: toJobState(state, isAhead),
    output: state === "completed" ? stored : null,
    error: state === "failed" || state === "retry" ? toJobError(stored) : null,
  };
}

/** pg-boss's own supervision writes errors of another shape. */
function toJobError(stored: Json | null): JobError | null {
  if (typeof stored !== "object" || stored === null || Array.isArray(stored)) return null;
  const value = (stored["value"] ?? stored) as Readonly<Record<string, unknown>>;
  return {
    name: typeof value["name"] === "string" ? value["name"] : "Error",
    message: typeof value["message"] === "string" ? value["message"] : "",
    stack: typeof value["stack"] === "string" ? value["stack"] : null,
  };
}

function toAttempt(row: AttemptRow, job: JobSummary): JobDetail["attemptLog"][number] {
  const isCurrent = job.state === "executing" && row.number === job.attempts;
  return {
    number: row.number,
    startedAt: new Date(row.started_at).toISOString(),
    finishedAt: row.finished_at === null ? null : new Date(row.finished_at).toISOString(),
    durationMs: row.duration_ms,
    // An attempt that nobody ended and that is not the running one was ended by pg-boss's supervision.
    outcome: row.outcome ?? (isCurrent ? "running" : "lost"),
    processId: row.process_id,
    version: row.version,
    fingerprint: row.fingerprint,
    progress: row.progress,
    progressData: row.progress_data,
    error: row.error,
    logs: row.logs ?? [],
  };
}
