// How the Prisma CLI is used here. All of it works offline: the CLI would download a native engine, so it is pointed at a
// stand-in (prisma/schema-engine.ts) that runs the WebAssembly one.
//
//   npx pnpm exec prisma generate        makes packages/db/src/generated from prisma/schema.prisma
//
// Writing a migration:
//   1. copy prisma/schema.prisma to /tmp/old.prisma, then edit the schema
//   2. npx pnpm exec prisma migrate diff --from-schema /tmp/old.prisma --to-schema prisma/schema.prisma --script
//   3. save the SQL as prisma/migrations/<yyyymmddhhmmss>_<name>/migration.sql; add what a schema cannot say (expression
//      indexes, triggers) and list that in packages/db/src/catalog.int.test.ts
//   4. generate, and run packages/db/src/catalog.int.test.ts: it fails when schema and migrations disagree
//
// The server applies migrations by itself at start, each in one transaction; never edit one that has shipped.
// `migrate dev` and `db pull` are refused: the engine cannot read the catalog of Postgres 18.
import { join } from "node:path";
import { defineConfig } from "prisma/config";

process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= join(import.meta.dirname, "prisma", "schema-engine.ts");

export default defineConfig({
  schema: join("prisma", "schema.prisma"),
  migrations: { path: join("prisma", "migrations") },
  // `generate`, `validate` and a diff of two schemas read no database, but the CLI wants an address.
  datasource: { url: process.env["DATABASE_URL"] ?? "postgresql://unset@127.0.0.1:1/unset" },
});
