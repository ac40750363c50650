import { rm } from "node:fs/promises";
import { defaultMigrationsDir, migrate, startEmbeddedPostgres } from "@switchboard/db";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { makeDataDir } from "./data-dir.ts";
import type { TestPostgres } from "./test-database.ts";

const TEMPLATE = "switchboard_template";

async function makeTemplate(adminUrl: string, templateUrl: string): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  } finally {
    await admin.end();
  }
  const client = new Client({ connectionString: templateUrl });
  await client.connect();
  try {
    await migrate(client, defaultMigrationsDir);
  } finally {
    await client.end();
  }
}

/** One Postgres server for a test run, in a folder that goes with it. */
export default async function startTestPostgres(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = makeDataDir();
  // No test pulls the plug of the machine; a kill of the server loses nothing with these off.
  const settings = { fsync: "off", full_page_writes: "off", max_connections: "300" };
  const postgres = await startEmbeddedPostgres({ dataDir, settings });
  const adminUrl = postgres.urlOf("postgres");
  await makeTemplate(adminUrl, postgres.urlOf(TEMPLATE));
  const provided: TestPostgres = { adminUrl, template: TEMPLATE };
  project.provide("testPostgres", provided);
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
