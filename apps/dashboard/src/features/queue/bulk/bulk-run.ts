import { toAppError } from "../../../lib/errors.ts";
import type { Job, JobAct, JobState } from "../job.ts";

export type BulkAct = Exclude<JobAct, "runNow">;

export interface BulkResult {
  readonly job: Job;
  /** Null when it was done. */
  readonly refusal: string | null;
}

/** Rows at a time: more would only wait for the server's write limit. */
const LANES = 4;

export interface BulkRunOptions {
  readonly jobs: readonly Job[];
  /** Answers the state after the act. */
  act(id: string): Promise<JobState | "deleted">;
  onResult(result: BulkResult, state: JobState | "deleted" | null): void;
  readonly signal: AbortSignal;
}

/** One call per job, some at a time. Stops between two jobs when the signal aborts; never rejects. */
export async function runBulk({ jobs, act, onResult, signal }: BulkRunOptions): Promise<void> {
  const left = [...jobs];
  const lane = async (): Promise<void> => {
    for (let job = left.shift(); job && !signal.aborted; job = left.shift()) {
      try {
        const state = await act(job.id);
        onResult({ job, refusal: null }, state);
      } catch (error) {
        onResult({ job, refusal: toAppError(error).message }, null);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
