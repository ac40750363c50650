import type { Role } from "./roles.ts";

/** Limit classes. Each has a rate per caller and a number of slots; see the Limits page and `SWITCHBOARD_LIMITS`. */
export const limitClasses = ["public", "read", "write", "bulk", "auth", "lab"] as const;
export type LimitClass = (typeof limitClasses)[number];

/** What every procedure says of itself. Rights, limits, statistics, OpenAPI and audit follow from it. */
export interface ProcedureMeta {
  /** The lowest role that may call it, or `public` for anybody. The right itself is named by the procedure's path. */
  readonly access: "public" | Role;
  readonly limit: LimitClass;
  /** One sentence, shown in OpenAPI and on the Procedures page. */
  readonly description: string;
  /**
   * Somebody in a browser must have proved who they are within the last 10 minutes, by sign-in or by step-up; otherwise 403
   * `STEP_UP_REQUIRED`. `byInput`: the procedure decides with `requireVerified`. Keys are not asked.
   */
  readonly stepUp?: true | "byInput";
  /** Milliseconds from which a call is logged as slow. Default 1,000. */
  readonly slowMs?: number;
  /**
   * The call waits by design, for the end of a job for example. As a subscription it then holds none of the slots of its class,
   * which are for work, and its time is no latency.
   */
  readonly isLongPoll?: boolean;
  /** Milliseconds the caller is given from the arrival of the request. Default 30,000. */
  readonly deadlineMs?: number;
}
