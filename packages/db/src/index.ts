export { DatabaseStartError } from "./database-start-error.ts";
export { startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from "./embedded/start-embedded-postgres.ts";
export { Prisma, PrismaClient } from "./generated/prisma/client.ts";
export type { LogFunction } from "./log-function.ts";
export { migrate } from "./migrate.ts";
export { defaultMigrationsDir, openDatabase } from "./open-database.ts";
export type { Database, OpenDatabaseOptions } from "./open-database.ts";
