import { existsSync } from "node:fs";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { Client, Pool } from "pg";
import type { ClientBase } from "pg";
import { prepareWorkRole } from "./app-role.ts";
import { checkDatabaseUrl, checkServerVersion, toConnectError } from "./connect-failure.ts";
import { startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";
import type { EmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";
import { PrismaClient } from "./generated/prisma/client.ts";
import type { LogFunction } from "./log-function.ts";
import { migrate, withMigrationLock } from "./migrate.ts";

export interface OpenDatabaseOptions {
  /** A Postgres 15+ server. Without it the embedded one in `dataDir` is started or joined. */
  databaseUrl?: string | undefined;
  /** Where the embedded server keeps its data; not touched when there is a `databaseUrl`. */
  dataDir: string;
  /** Most connections at once in the pool that Prisma and plain SQL share. Default 10. */
  poolSize?: number;
  /** Folder in Prisma's migrations layout. Default: the migrations this release was made with. */
  migrationsDir?: string;
  log?: LogFunction;
}

export interface Database {
  kind: "embedded" | "server";
  /**
   * Address of the database under the role that the server works as, password included: for child processes, never for a log. That role
   * cannot change the audit log, nor the tables themselves; where it could not be made it is the one of `databaseUrl`.
   */
  url: string;
  /** A statement is ended after 30 s, a transaction that does nothing after 60 s. */
  pool: Pool;
  /** Runs on `pool`. */
  prisma: PrismaClient;
  /** A connection outside the pool, without a statement timeout: for LISTEN and advisory locks. Ended by `stop` at the latest. */
  directClient(): Promise<Client>;
  /** Resolves once no connection is left and, as its last user, the embedded server is down. Safe twice. */
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;
/** Above the server's own timeout: it only strikes when the network swallowed the answer. */
const ANSWER_TIMEOUT_MS = 35_000;
const POOL_DRAIN_TIMEOUT_MS = 5000;
const EMBEDDED_DATABASE = "switchboard";
const EMBEDDED_ROLE = "switchboard_app";

/** Beside this file's package once published, at the root of the checkout before. */
export const defaultMigrationsDir =
  [
    join(import.meta.dirname, "..", "migrations"),
    join(import.meta.dirname, "..", "..", "..", "prisma", "migrations"),
  ].find((dir) => existsSync(dir)) ?? join(import.meta.dirname, "..", "migrations");

/** Without a listener a lost connection would end the process. Whoever uses the connection sees its query fail. */
function reportLoss(client: ClientBase, log: LogFunction): void {
  let isReported = false;
  client.on("error", ({ message }) => {
    // One loss can raise two errors: what the server said, and the end of the stream.
    if (!isReported) log("database.connection-lost", { message });
    isReported = true;
  });
}

async function connectClient(url: string, log: LogFunction): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: "switchboard-direct",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  reportLoss(client, log);
  try {
    await client.connect();
    return client;
  } catch (error) {
    // A handshake that failed on our side leaves the socket open.
    await client.end();
    throw error;
  }
}

async function createDatabaseIfMissing(url: string, name: string, log: LogFunction): Promise<void> {
  const client = await connectClient(url, log);
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Another process that starts from the same folder made it first.
    if (!["42P04", "23505"].includes((error as { code?: string }).code ?? "")) throw error;
  } finally {
    await client.end();
  }
}

interface PrepareOptions {
  /** Of a role that may create tables. */
  url: string;
  roleName: string | undefined;
  migrationsDir: string;
}

/** Brings the tables up to date and answers the address to work under. */
async function prepareSchema({ url, roleName, migrationsDir }: PrepareOptions, log: LogFunction): Promise<string> {
  const client = await connectClient(url, log);
  try {
    const { rows } = await client.query<{ version: number }>(
      "SELECT current_setting('server_version_num')::int AS version",
    );
    checkServerVersion(rows[0]?.version ?? 0, url);
    const applied = await migrate(client, migrationsDir);
    if (applied.length > 0) log("database.migrated", { applied });
    const tryLogin = async (address: string) => (await connectClient(address, log)).end();
    const role = await withMigrationLock(client, () =>
      prepareWorkRole({ owner: client, ownerUrl: url, name: roleName, tryLogin }),
    );
    if (role.reason !== undefined) log("database.role-not-separated", { reason: role.reason });
    return role.url;
  } finally {
    await client.end();
  }
}

function createPool(url: string, size: number, log: LogFunction): Pool {
  const pool = new Pool({
    connectionString: url,
    max: size,
    application_name: "switchboard",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
  });
  // The pool listens to idle connections only: one that is lent out would end the process with it.
  pool.on("connect", (client) => reportLoss(client, log));
  // Idle ones are reported above, and replaced at the next use.
  pool.on("error", () => undefined);
  return pool;
}

/** A connection that was never given back must not keep the program from ending. */
async function endPool(pool: Pool, log: LogFunction): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<"timeout">((resolve) => {
    timer = setTimeout(resolve, POOL_DRAIN_TIMEOUT_MS, "timeout");
  });
  const outcome = await Promise.race([pool.end(), timeout]);
  clearTimeout(timer);
  if (outcome === "timeout") log("database.pool.left-open", { connections: pool.totalCount });
}

async function startOrCheck(
  options: OpenDatabaseOptions,
  log: LogFunction,
): Promise<{ url: string; embedded?: EmbeddedPostgres }> {
  if (options.databaseUrl !== undefined) {
    checkDatabaseUrl(options.databaseUrl);
    return { url: options.databaseUrl };
  }
  const embedded = await startEmbeddedPostgres({ dataDir: options.dataDir, log });
  return { url: embedded.urlOf(EMBEDDED_DATABASE), embedded };
}

/**
 * Opens the database and brings its tables up to date. Raises `DatabaseStartError`, whose `publicMessage` says what to do, when
 * it cannot be reached or used; nothing is left running then.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { poolSize = 10, migrationsDir = defaultMigrationsDir, log = () => undefined } = options;
  const { url: ownerUrl, embedded } = await startOrCheck(options, log);
  let url: string;
  try {
    if (embedded !== undefined) await createDatabaseIfMissing(embedded.urlOf("postgres"), EMBEDDED_DATABASE, log);
    const roleName = embedded === undefined ? undefined : EMBEDDED_ROLE;
    url = await prepareSchema({ url: ownerUrl, roleName, migrationsDir }, log);
  } catch (error) {
    await embedded?.stop();
    throw toConnectError(error, ownerUrl);
  }

  const pool = createPool(url, poolSize, log);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const directClients = new Set<Client>();
  let stopped: Promise<void> | undefined;

  async function directClient(): Promise<Client> {
    const client = await connectClient(url, log);
    directClients.add(client);
    client.once("end", () => directClients.delete(client));
    return client;
  }

  async function stop(): Promise<void> {
    await prisma.$disconnect();
    await Promise.all([endPool(pool, log), ...[...directClients].map((client) => client.end())]);
    await embedded?.stop();
  }

  return {
    kind: embedded === undefined ? "server" : "embedded",
    url,
    pool,
    prisma,
    directClient,
    stop: () => (stopped ??= stop()),
  };
}
