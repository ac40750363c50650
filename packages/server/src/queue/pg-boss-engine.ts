import type { Pool } from "pg";
import { PgBoss, type Db } from "pg-boss";
import type { Logger } from "../platform/logger.ts";
import { EXPIRY_MARGIN_SECONDS, type Engine, type NewJob, type TransactionConnection } from "./engine.ts";
import { cancelJob, removeJob, retryJob, runJobNow } from "./store/acts.store.ts";
import { claim, findLostClaims, handBack, handBackUnheld, rescue, saveNotes, settle } from "./store/claims.store.ts";
import type { Envelope } from "./store/job-row.ts";
import { countJobs, findJob, findOutcome, listJobs } from "./store/jobs.store.ts";

export interface PgBossEngineOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  /** Whether this process takes part in pg-boss's own upkeep: expiry, deletion of old jobs, index rebuilds. */
  readonly isSupervisor: boolean;
}

const DAY_SECONDS = 24 * 3600;
/** Finished jobs are deleted this long after their end. */
const KEEP_FINISHED_SECONDS = 7 * DAY_SECONDS;
/** pg-boss deletes jobs that wait for longer; a job of ours waits as long as its queue is paused. */
const KEEP_WAITING_SECONDS = 3650 * DAY_SECONDS;
/**
 * pg-boss keeps the tables, their migrations and their upkeep, and stores jobs. Claiming and settling are our own statements over
 * its tables: its `work()` runs 1-60 jobs a second, its `fail()` knows whole seconds only and keeps just the last error, and its
 * heartbeats would cost a write per running job where one row per process does.
 */
export function createPgBossEngine({ pool, logger, isSupervisor }: PgBossEngineOptions): Engine {
  const boss = new PgBoss({
    // The same pool as everything else: two pools would share one database's connections badly.
    db: { executeSql: (text, values) => pool.query(text, values) },
    schema: "pgboss",
    // A migration makes it: the role of the server may not.
    createSchema: false,
    supervise: isSupervisor,
    superviseIntervalSeconds: 15,
    monitorIntervalSeconds: 30,
    schedule: false,
    warningQueueSize: 100_000,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  boss.on("error", (error) => logger.error("queue.engine.failed", { err: error }));
  boss.on("warning", (warning) => logger.warn("queue.engine.warning", { message: warning.message }));

  return {
    start: async (queues) => {
      await boss.start();
      await createOwnIndexes(pool);
      for (const queue of queues) {
        await boss.createQueue(queue, {
          deleteAfterSeconds: KEEP_FINISHED_SECONDS,
          retentionSeconds: KEEP_WAITING_SECONDS,
        });
      }
    },
    // Not graceful: the grace is for handlers of its own, and it has none.
    stop: () => boss.stop({ graceful: false, close: false }),

    insert: async (queue, jobs, connection) =>
      (await boss.insert(queue, jobs.map(toInsert), {
        returnId: true,
        ...(connection ? { db: toDb(connection) } : {}),
      })) ?? [],
    findByDedupeKey: async (queue, name, key, connection) => {
      const db = connection ? toDb(connection) : pool;
      const text = `SELECT id FROM pgboss.job WHERE name = $1 AND singleton_key = $2 AND state <= 'active'`;
      const values = [queue, toSingletonKey(name, key)];
      const { rows } =
        "executeSql" in db ? await db.executeSql(text, values) : await db.query<{ id: string }>(text, values);
      return (rows as { id: string }[])[0]?.id;
    },

    claim: (request) => claim(pool, request),
    settle: (...args) => settle(pool, ...args),
    handBack: (...args) => handBack(pool, ...args),
    handBackUnheld: (...args) => handBackUnheld(pool, ...args),
    saveNotes: (...args) => saveNotes(pool, ...args),
    findLostClaims: (...args) => findLostClaims(pool, ...args),
    rescue: (staleMs) => rescue(pool, staleMs),

    list: (filter, position) => listJobs(pool, filter, position),
    find: (id) => findJob(pool, id),
    findOutcome: (id) => findOutcome(pool, id),
    cancel: (id) => cancelJob(pool, id),
    retry: (id) => retryJob(pool, id),
    runNow: (id) => runJobNow(pool, id),
    remove: (id) => removeJob(pool, id),
    refreshStatistics: async () => {
      await pool.query("ANALYZE pgboss.job");
    },
    count: (cap) => countJobs(pool, cap),
  };
}

function toInsert(job: NewJob) {
  const envelope: Envelope = {
    input: job.input,
    ...(job.enqueuedBy === undefined ? {} : { enqueuedBy: job.enqueuedBy }),
    ...(job.requestId === undefined ? {} : { requestId: job.requestId }),
  };
  return {
    id: job.id,
    data: envelope,
    group: { id: job.name },
    priority: job.priority,
    // A number would be whole seconds.
    startAfter: `${job.delayMs} milliseconds`,
    retryLimit: job.maxAttempts - 1,
    expireInSeconds: Math.ceil(job.timeoutMs / 1000) + EXPIRY_MARGIN_SECONDS,
    ...(job.dedupeKey === undefined ? {} : { singletonKey: toSingletonKey(job.name, job.dedupeKey) }),
  };
}

/** A job's name has no colon, so no two pairs of name and key make the same text. */
function toSingletonKey(name: string, key: string): string {
  return `${name}:${key}`;
}

function toDb(connection: TransactionConnection): Db {
  if ("query" in connection) return { executeSql: (text, values) => connection.query(text, values) };
  return {
    executeSql: async (text, values = []) => ({
      rows: (await connection.$queryRawUnsafe(text, ...values)) as unknown[],
    }),
  };
}

const OWN_INDEXES = {
  // pg-boss's policies that refuse duplicates count a whole queue, and ours has jobs of several names and without keys.
  switchboard_job_dedupe: `CREATE UNIQUE INDEX switchboard_job_dedupe ON pgboss.job (name, singleton_key)
    WHERE singleton_key IS NOT NULL AND state <= 'active'`,
  // The one rare state that none of pg-boss's indexes is for.
  switchboard_job_cancelled: `CREATE INDEX switchboard_job_cancelled ON pgboss.job (name, created_on) WHERE state = 'cancelled'`,
};
/** Any number, the same in each process. */
const INDEX_LOCK = 7_245_001;

/** Looked up first: `IF NOT EXISTS` would lock the table against writes even when there is nothing to do. */
async function createOwnIndexes(pool: Pool): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const { rows } = await pool.query<{ missing: number }>(
      "SELECT count(*)::int AS missing FROM unnest($1::text[]) AS name WHERE to_regclass('pgboss.' || name) IS NULL",
      [Object.keys(OWN_INDEXES)],
    );
    return rows[0]?.missing === 0;
  };
  if (await isThere()) return;
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [INDEX_LOCK]);
    for (const [name, statement] of Object.entries(OWN_INDEXES)) {
      const { rows } = await client.query<{ found: string | null }>("SELECT to_regclass($1)::text AS found", [
        `pgboss.${name}`,
      ]);
      if (rows[0]?.found == null) await client.query(statement);
    }
    await client.query("COMMIT");
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // With an error the connection is closed, and the transaction with it.
    client.release(failure);
  }
}
