import { chmod, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultMigrationsDir, migrate, startEmbeddedPostgres } from "@switchboard/db";
import { Client } from "pg";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where databases are made, and the migrated one they are copied from. */
    testPostgres: { adminUrl: string; template: string };
  }
}

const TWO_GIBIBYTES = 2 ** 31;

/** Copying a template makes some 300 files: 0.2 s on a slow disk, 0.01 s in memory. */
async function findFastDir(): Promise<string> {
  try {
    const { bavail, bsize } = await statfs("/dev/shm");
    return bavail * bsize > TWO_GIBIBYTES ? "/dev/shm" : tmpdir();
  } catch {
    // Linux alone has it.
    return tmpdir();
  }
}

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
  const dataDir = await mkdtemp(join(await findFastDir(), "switchboard-test-"));
  // As root the server runs as another user, who has to get to its folder inside.
  await chmod(dataDir, 0o711);
  // No test pulls the plug of the machine; a kill of the server loses nothing with these off.
  const settings = { fsync: "off", full_page_writes: "off", max_connections: "300" };
  const postgres = await startEmbeddedPostgres({ dataDir, settings });
  const adminUrl = postgres.urlOf("postgres");
  await makeTemplate(adminUrl, postgres.urlOf(TEMPLATE));
  project.provide("testPostgres", { adminUrl, template: TEMPLATE });
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
