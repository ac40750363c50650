import { z } from "zod";
import type { JobDefinition } from "../define.ts";
import { parseCursor, toCursor } from "../trpc/wire.ts";
import type { Engine, JobFilter, JobPosition, StoredJob } from "./engine.ts";
import type { Figures } from "./figures.ts";
import { jobNotFound } from "./queue.errors.ts";
import type { JobDetail, jobPage, jobsListInput, resultInput, resultOutput } from "./queue.schema.ts";
import { isFinal, type Results } from "./results.ts";

/** What can be known of jobs. All but the list raise `JOB_NOT_FOUND` for an unknown id. */
export interface JobReads {
  /** Newest first. Raises `CURSOR_INVALID`. */
  list(input: z.infer<typeof jobsListInput>): Promise<z.infer<typeof jobPage>>;
  get(id: string): Promise<JobDetail>;
  /** Waits up to `waitMs` for the end of the job; answers early when the signal aborts. */
  result(input: z.infer<typeof resultInput>, signal?: AbortSignal): Promise<z.infer<typeof resultOutput>>;
  /** The job as it is and at each change, looking at least every second, until it has ended. */
  watch(id: string, signal: AbortSignal): AsyncIterable<JobDetail>;
}

export interface JobReadsOptions {
  readonly engine: Engine;
  readonly results: Results;
  readonly figures: Figures;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
}

const JOBS_LIST = "queue.jobs";
const WATCH_EVERY_MS = 1000;
const cursorKeys = z.tuple([z.uuid()]);

export function createJobReads({ engine, results, figures, definitions }: JobReadsOptions): JobReads {
  const get = async (id: string): Promise<JobDetail> => {
    const stored = await engine.find(id);
    if (!stored) throw jobNotFound(id);
    return { ...stored.detail, waitingReason: await explainWaiting(stored, figures, definitions) };
  };

  return {
    list: async (input) => {
      const rows = await engine.list(toFilter(input), { limit: input.limit + 1, afterId: parsePosition(input.cursor) });
      const page = rows.slice(0, input.limit);
      const last = page.at(-1);
      return {
        items: page,
        nextCursor: last && rows.length > page.length ? toCursor(JOBS_LIST, [last.id]) : null,
      };
    },
    get,
    result: async ({ id, waitMs }, signal) => {
      const outcome = await results.wait(id, waitMs, signal);
      if (!outcome) throw jobNotFound(id);
      const done = isFinal(outcome);
      return {
        id,
        state: outcome.state,
        done,
        output: done ? outcome.output : null,
        error: done ? outcome.error : null,
      };
    },
    watch: async function* (id, signal) {
      const life = new AbortController();
      const watching = AbortSignal.any([signal, life.signal]);
      try {
        for (let previous = ""; !signal.aborted;) {
          // Listens before it looks: a change in between is not missed.
          const word = results.nextWord(id, WATCH_EVERY_MS, watching);
          const job = await get(id);
          const text = JSON.stringify(job);
          if (text !== previous) yield job;
          previous = text;
          if (isFinal(job)) return;
          await word;
        }
      } finally {
        life.abort();
      }
    },
  };
}

function toFilter({ state, queue, name, search }: z.infer<typeof jobsListInput>): JobFilter {
  const text = search === undefined || search === "" ? undefined : search;
  const isId = text !== undefined && z.uuid().safeParse(text).success;
  return { states: state, queue, name, id: isId ? text : undefined, errorText: isId ? undefined : text };
}

function parsePosition(cursor: string | undefined): JobPosition["afterId"] {
  if (cursor === undefined) return undefined;
  return parseCursor(JOBS_LIST, cursor, cursorKeys)[0];
}

/** One sentence for a job that waits. */
async function explainWaiting(
  { detail: job, isPaused, pausedBy }: StoredJob,
  figures: Figures,
  definitions: ReadonlyMap<string, JobDefinition>,
): Promise<string | null> {
  if (job.state !== "available" && job.state !== "scheduled" && job.state !== "retryable") return null;
  if (isPaused) return `The queue ${job.queue} is paused${pausedBy === null ? "" : ` by ${pausedBy}`}.`;
  if (job.state === "scheduled") return `Starts at ${job.scheduledFor}.`;
  if (job.state === "retryable")
    return `Attempt ${job.attempts + 1} of ${job.maxAttempts} starts at ${job.scheduledFor}.`;
  if (!definitions.has(job.name)) return `No job named ${job.name} is defined here.`;
  const { used, total } = await figures.slotsOf(job.queue);
  if (total === 0) return "No process that runs jobs is up.";
  return used >= total ? `All ${total} slots of the queue ${job.queue} are busy.` : "Waits for a free slot.";
}
