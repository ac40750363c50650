/** The error that a job ended with. */
export interface JobErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
}

export interface JobFailedErrorOptions {
  readonly jobId: string;
  readonly state: "discarded" | "cancelled";
  readonly attempts: number;
  readonly error: JobErrorData | null;
}

/** A job that somebody waits for came to no result: its attempts are used up, or it was cancelled. */
export class JobFailedError extends Error {
  readonly jobId: string;
  readonly state: "discarded" | "cancelled";
  /** Attempts made. */
  readonly attempts: number;
  /** Of the last attempt; null when there was none. */
  readonly error: JobErrorData | null;

  constructor({ jobId, state, attempts, error }: JobFailedErrorOptions) {
    super(state === "cancelled" ? "The job was cancelled." : (error?.message ?? "The job was discarded."));
    this.name = "JobFailedError";
    this.jobId = jobId;
    this.state = state;
    this.attempts = attempts;
    this.error = error;
  }
}
