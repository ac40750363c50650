import { createHash } from "node:crypto";
import { z } from "zod";
import type { JobDefinition } from "../define.ts";
import { parseCursor, toCursor } from "../trpc/wire.ts";
import type { Engine, JobPosition } from "./engine.ts";
import { jobNotFound } from "./queue.errors.ts";
import type { JobDetail, jobPage, jobsListInput, resultInput, resultOutput } from "./queue.schema.ts";
import { redactDetail, redactOutput, toRedaction } from "./redact.ts";
import { isFinal, type Results } from "./results.ts";
import { toTimeline } from "./timeline.ts";
import type { Why } from "./why/why.ts";
import { toJobFilter } from "./search/filter.ts";

/** What can be known of jobs. All but the list raise `JOB_NOT_FOUND` for an unknown id. */
export interface JobReads {
  /** Newest first. Raises `CURSOR_INVALID`, `SEARCH_TOO_BROAD`, `SEARCH_REDACTED`, `SEARCH_CONDITION_INVALID`. */
  list(input: z.infer<typeof jobsListInput>): Promise<z.infer<typeof jobPage>>;
  /** What is secret of the input and the output reads `[redacted]`. */
  get(id: string): Promise<JobDetail>;
  /** Waits up to `waitMs` for the end of the job; answers early when the signal aborts. */
  result(input: z.infer<typeof resultInput>, signal?: AbortSignal): Promise<z.infer<typeof resultOutput>>;
  /**
   * The job as it is and at each change, looking at least every second, until it has ended. `knownMark`: the `toWatchMark` of what the
   * watcher has; it is not told again what it knows.
   */
  watch(id: string, signal: AbortSignal, knownMark?: string): AsyncIterable<JobDetail>;
}

export interface JobReadsOptions {
  readonly engine: Engine;
  readonly results: Results;
  readonly why: Why;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
}

const JOBS_LIST = "queue.jobs";
const WATCH_EVERY_MS = 1000;
const cursorKeys = z.tuple([z.uuid()]);

export function createJobReads({ engine, results, why, definitions }: JobReadsOptions): JobReads {
  const redactions = new Map([...definitions].map(([name, definition]) => [name, toRedaction(definition)]));

  const get = async (id: string): Promise<JobDetail> => {
    const stored = await engine.find(id);
    if (!stored) throw jobNotFound(id);
    const reason = await why.explain(stored.detail);
    return {
      ...redactDetail(stored.detail, redactions.get(stored.detail.name)),
      waitingReason: reason?.sentence ?? null,
      waiting: reason?.waiting ?? null,
      timeline: toTimeline(stored),
    };
  };

  return {
    list: async ({ limit, cursor, ...filter }) => {
      const position = { limit: limit + 1, afterId: parsePosition(cursor) };
      const rows = await engine.list(toJobFilter(filter, definitions), position);
      const page = rows.slice(0, limit);
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
        output: done ? redactOutput(outcome.output, redactions.get(outcome.name)) : null,
        error: done ? outcome.error : null,
      };
    },
    watch: async function* (id, signal, knownMark) {
      const life = new AbortController();
      const watching = AbortSignal.any([signal, life.signal]);
      try {
        for (let previous = ""; !signal.aborted;) {
          // Listens before it looks: a change in between is not missed.
          const word = results.nextWord(id, WATCH_EVERY_MS, watching);
          const job = await get(id);
          const text = JSON.stringify(job);
          const isKnown = previous === "" && knownMark !== undefined && toWatchMark(job) === knownMark;
          if (text !== previous && !isKnown) yield job;
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

/** The same for the same job: how long it has been running so far is no change. Every process makes the same of it. */
export function toWatchMark(job: JobDetail): string {
  const text = JSON.stringify({ ...job, durationMs: null });
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

function parsePosition(cursor: string | undefined): JobPosition["afterId"] {
  if (cursor === undefined) return undefined;
  return parseCursor(JOBS_LIST, cursor, cursorKeys)[0];
}
