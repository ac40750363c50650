export { createClient, createLinks } from "./create-client.ts";
export type { Client, ClientOptions } from "./create-client.ts";
export { isAppError } from "./errors.ts";
export type { AppClientError, AppErrorData } from "./errors.ts";
export { JobFailedError } from "./job-errors.ts";
export type { JobErrorData } from "./job-errors.ts";
export type {
  EnqueueOptions,
  JobDetail,
  JobHandle,
  JobProgress,
  Jobs,
  JobType,
  JobTypes,
  ResultOptions,
} from "./jobs.ts";
