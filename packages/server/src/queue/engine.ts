import type { Json } from "../trpc/wire.ts";
import type { JobDetail, JobState, JobSummary, Where } from "./queue.schema.ts";

/**
 * What stores jobs and hands them out. The queue's decisions are written against this; pg-boss and its tables are known to
 * `pg-boss-engine.ts` and `store/` only.
 */
export interface Engine {
  /** Resolves once tables and queues are there. Several processes may start at once. */
  start(queues: readonly string[]): Promise<void>;
  stop(): Promise<void>;

  /** Stores jobs of one queue: all or none. Answers the ids stored; one that lost to its dedupe key is missing. */
  insert(queue: string, jobs: readonly NewJob[], connection?: TransactionConnection): Promise<string[]>;
  /** The waiting or running job that holds the key. */
  findByDedupeKey(
    queue: string,
    name: string,
    key: string,
    connection?: TransactionConnection,
  ): Promise<string | undefined>;

  /**
   * Takes up to `limit` due jobs of these names for one attempt each; none while the queue is paused or the process quiet, and no
   * more over all processes than the limits allow.
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /** Ends attempts. Answers the ids settled: a claim that no longer holds is left alone and missing. */
  settle(queue: string, processId: string, settlements: readonly Settlement[]): Promise<string[]>;
  /** Gives claimed jobs back as if they had not been claimed: no attempt is spent. */
  handBack(queue: string, processId: string, claims: readonly ClaimKey[]): Promise<void>;
  /** Gives back what this process holds of the queue without knowing, because the answer to a claim was lost. */
  handBackUnheld(queue: string, processId: string, heldIds: readonly string[]): Promise<void>;
  /** Writes logs and progress of attempts that this process made, ended or not. */
  saveNotes(processId: string, notes: readonly AttemptNotes[]): Promise<void>;
  /** Which of these claims of the process hold no longer. */
  findLostClaims(processId: string, claims: readonly ClaimKey[]): Promise<string[]>;
  /** Takes executing jobs from processes not seen for `staleMs`: the attempt is lost, the job runs again or is discarded. */
  rescue(staleMs: number): Promise<LostJob[]>;
  /** Discards waiting jobs whose time to start is over. */
  expire(): Promise<LostJob[]>;

  list(filter: JobFilter, page: JobPosition): Promise<JobSummary[]>;
  find(id: string): Promise<StoredJob | undefined>;
  /** State and outcome only: cheap enough to ask for while waiting. */
  findOutcome(id: string): Promise<JobOutcome | undefined>;
  /** Each act changes the job only when it is in a state the act is for; the answer says what it found and what it did. `by` is kept with it. */
  cancel(id: string, by?: string): Promise<ActResult | undefined>;
  retry(id: string, by?: string): Promise<ActResult | undefined>;
  runNow(id: string, by?: string): Promise<ActResult | undefined>;
  remove(id: string): Promise<ActResult | undefined>;
  /**
   * Replaces the input of a job while its row is locked. `decide` sees the job as it is and throws to leave it so; with `isRetry` a job that
   * has ended waits again.
   */
  edit(
    id: string,
    options: { readonly isRetry: boolean; readonly by: string | undefined },
    decide: (found: EditableJob) => InputEdit,
  ): Promise<EditResult | undefined>;
  /**
   * After bulk inserts of so many jobs: claims from a fresh backlog are ten times slower while the planner takes it for small. Answers
   * false when they change its picture too little to be worth it.
   */
  refreshStatistics(inserted: number): Promise<boolean>;
  /** Counts per queue and state, each capped at `cap`. */
  count(cap: number): Promise<QueueCounts[]>;
}

/** A transaction of the caller, Prisma's or pg's. */
export type TransactionConnection =
  | { $queryRawUnsafe(text: string, ...values: unknown[]): Promise<unknown> }
  | { query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> };

export interface NewJob {
  readonly id: string;
  readonly name: string;
  readonly input: Json;
  readonly priority: number;
  readonly delayMs: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly dedupeKey: string | undefined;
  readonly enqueuedBy: string | undefined;
  readonly requestId: string | undefined;
  /** What `concurrency.perKey` counts by. */
  readonly key?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly parentId?: string | undefined;
  readonly scheduleId?: string | undefined;
  readonly expiresAt?: string | undefined;
  /** How many discarded jobs led to this one, one after the other. */
  readonly discards?: number | undefined;
}

/** Over all processes, of one name. */
export interface NameLimits {
  readonly global: number | undefined;
  readonly perKey: number | undefined;
  readonly rateLimit: { readonly limit: number; readonly perMs: number } | undefined;
}

export interface ClaimRequest {
  readonly queue: string;
  readonly processId: string;
  readonly names: readonly string[];
  readonly limit: number;
  /** When the engine's own supervision may give up an attempt; a job stored by an older release may say less. */
  readonly expireSeconds: number;
  /** As for `rescue`: a process that was not seen for as long gets nothing. */
  readonly staleMs: number;
  /** Of the code that will run them. */
  readonly version: string;
  /** Of the definitions, by name; those without a limit are missing. */
  readonly limits: ReadonlyMap<string, NameLimits>;
}

/** How much later than the job's timeout the engine expires an attempt: the backstop for a run loop that is stuck. */
export const EXPIRY_MARGIN_SECONDS = 60;

export interface Claim {
  readonly jobs: readonly ClaimedJob[];
  /** When fewer than `limit` jobs were due: milliseconds until the next one is; undefined when none has a time ahead. */
  readonly nextDueMs: number | undefined;
  /** Whether limits over all processes apply, so that the end of one job may let another one start. */
  readonly isLimited: boolean;
}

/** What is held: the job, and the number of the attempt it was claimed for. */
export interface ClaimKey {
  readonly id: string;
  readonly number: number;
}

export interface ClaimedJob extends ClaimKey {
  readonly name: string;
  readonly input: Json;
  readonly maxAttempts: number;
  readonly requestId: string | null;
  readonly discards: number;
}

export interface JobError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
}

export type LogLine = JobDetail["attemptLog"][number]["logs"][number];

export interface AttemptNotes extends ClaimKey {
  readonly logs: readonly LogLine[];
  readonly progress: number | null;
  /** What the job reported beside the share. */
  readonly progressData?: Json | null;
}

/** How an attempt ended. `retryInMs` null: no further attempt, the job is discarded. */
export type Verdict =
  | { readonly outcome: "completed"; readonly output: Json | null }
  | {
      readonly outcome: "failed";
      readonly error: JobError;
      /** The group of errors it belongs to. */
      readonly fingerprint: string;
      readonly retryInMs: number | null;
      /** The input does not fit: the job is set aside, and the attempt, which was none, is not spent. */
      readonly isMisfit?: boolean | undefined;
      /** The job's name when its `onDiscard` is to be called. */
      readonly discardHook?: string | undefined;
    };

export interface Settlement extends AttemptNotes {
  readonly verdict: Verdict;
}

/** A job that lost its attempt with its process, or its time to start. */
export interface LostJob {
  readonly id: string;
  readonly queue: string;
  readonly name: string;
  readonly isDiscarded: boolean;
  /** Of the attempt. */
  readonly durationMs: number;
  readonly version: string | null;
  readonly error: JobError;
}

export interface JobFilter {
  readonly states?: readonly JobState[] | undefined;
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
  readonly tag?: string | undefined;
  readonly key?: string | undefined;
  /** Whose last failure is of this group. */
  readonly fingerprint?: string | undefined;
  readonly where?: readonly Where[] | undefined;
  /** Stored at or after, before, and no later than. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly asOf?: string | undefined;
  /** At least so many. */
  readonly attempts?: number | undefined;
  readonly id?: string | undefined;
  readonly errorText?: string | undefined;
}

/** Newest first; `afterId` is the last job of the page before. */
export interface JobPosition {
  readonly limit: number;
  readonly afterId: string | undefined;
}

export interface StoredJob {
  readonly detail: Omit<JobDetail, "waitingReason" | "waiting" | "timeline" | "redacted">;
  /** What people did to it, oldest first. */
  readonly events: readonly JobDetail["timeline"][number][];
}

export interface JobOutcome {
  /** Of the job. */
  readonly name: string;
  readonly state: JobState;
  readonly output: Json | null;
  readonly error: JobError | null;
}

export interface ActResult {
  readonly queue: string;
  readonly before: JobState;
  /** Undefined when the act does not apply to the state found, and nothing changed. `removed` after a removal. */
  readonly after: JobState | "removed" | undefined;
}

export interface EditableJob {
  readonly name: string;
  readonly state: JobState;
  readonly input: Json;
}

export interface InputEdit {
  readonly input: Json;
  /** One line for the job's timeline. */
  readonly note: string;
}

export interface EditResult {
  readonly queue: string;
  readonly before: EditableJob;
  readonly after: JobState;
}

export interface QueueCounts {
  readonly name: string;
  readonly counts: Readonly<Record<JobState, number>>;
  readonly oldestReadyAgeMs: number | null;
}
