export { ConfigError, createSecret, loadConfig } from "./config.ts";
export type { Config, ConfigProblem, Secret } from "./config.ts";
export { createAdmin } from "./create-admin.ts";
export { defineJob } from "./define.ts";
export type {
  DiscardContext,
  EnqueueFromJob,
  EnqueueOptions,
  JobContext,
  JobDefinition,
  JobOptions,
  JobTransaction,
} from "./define.ts";
export type { JobsOf } from "./jobs-of.ts";
export type { Features } from "./features.ts";
export { ListenError } from "./http/http-server.ts";
export { AppError, isAppError } from "./platform/errors.ts";
export { createLogger } from "./platform/logger.ts";
export type { Logger } from "./platform/logger.ts";
export type { AppRouter, RouterWith } from "./router.ts";
export { createServer } from "./server.ts";
export { verifyAuditLog } from "./verify-audit-log.ts";
export type { NotedHead, Verdict } from "./audit/verify.ts";
export type { Server, ServerOptions } from "./server.ts";
export { procedure } from "./trpc/procedures.ts";
export { router } from "./trpc/init.ts";
