import type { Pool } from "pg";
import { PgBoss, type Db } from "pg-boss";
import type { Logger } from "../platform/logger.ts";
import { inTransaction } from "../platform/sql.ts";
import type { Engine, JobError, Settlement, TransactionConnection } from "./engine.ts";
import { findJobs } from "./search/find-jobs.ts";
import { cancelJob, editJob, removeJob, retryJob, runJobNow } from "./store/acts.store.ts";
import { toFingerprint } from "./errors/fingerprint.ts";
import { quarantineClaims } from "./quarantine/quarantine.store.ts";
import {
  claim,
  claimLimited,
  expire,
  findExpiredNames,
  findLostClaims,
  findOrphanedNames,
  handBack,
  handBackUnheld,
  rescue,
  saveNotes,
  settle,
} from "./store/claims.store.ts";
import { insertJobs, toSingletonKey } from "./store/insert.store.ts";
import { countJobs, findJob, findOutcome } from "./store/jobs.store.ts";

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
  /** Queues that an operator has limited, as the last claim found them. */
  const limited = new Set<string>();
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

    insert: (queue, jobs, connection) => insertJobs(connection ?? pool, queue, jobs),
    findByDedupeKey: async (queue, name, key, connection) => {
      const db = connection ? toDb(connection) : pool;
      const text = `SELECT id FROM pgboss.job WHERE name = $1 AND singleton_key = $2 AND state <= 'active'`;
      const values = [queue, toSingletonKey(name, key)];
      const { rows } =
        "executeSql" in db ? await db.executeSql(text, values) : await db.query<{ id: string }>(text, values);
      return (rows as { id: string }[])[0]?.id;
    },

    claim: async (request) => {
      const isDeclared = request.limits.size > 0;
      if (!isDeclared && !limited.has(request.queue)) {
        const claimed = await claim(pool, request);
        if (!claimed.isLimited) return claimed;
        limited.add(request.queue);
      }
      const claimed = await claimLimited(pool, request);
      if (!claimed.isLimited) limited.delete(request.queue);
      return { ...claimed, isLimited: claimed.isLimited || isDeclared };
    },
    settle: async (queue, processId, settlements) => {
      const misfits = settlements.flatMap(toMisfit);
      if (misfits.length === 0) return settle(pool, queue, processId, settlements);
      const others = settlements.filter((settlement) => toMisfit(settlement).length === 0);
      const settled = others.length === 0 ? [] : await settle(pool, queue, processId, others);
      return [...settled, ...(await quarantineClaims(pool, queue, processId, misfits))];
    },
    handBack: (...args) => handBack(pool, ...args),
    handBackUnheld: (...args) => handBackUnheld(pool, ...args),
    saveNotes: (...args) => saveNotes(pool, ...args),
    findLostClaims: (...args) => findLostClaims(pool, ...args),
    rescue: async (staleMs) => {
      // Almost always none, and then nothing is locked or written.
      const names = await findOrphanedNames(pool, staleMs);
      if (names.length === 0) return [];
      const rescued = await rescue(pool, staleMs, PROCESS_LOST, toFingerprints(names, PROCESS_LOST));
      return rescued.map((job) => ({ ...job, error: PROCESS_LOST }));
    },
    expire: async () => {
      const names = await findExpiredNames(pool);
      if (names.length === 0) return [];
      const expired = await expire(pool, JOB_EXPIRED, toFingerprints(names, JOB_EXPIRED));
      return expired.map((job) => ({ ...job, error: JOB_EXPIRED }));
    },

    list: (filter, position) => findJobs(pool, filter, position),
    find: (id) => findJob(pool, id),
    findOutcome: (id) => findOutcome(pool, id),
    cancel: (id, by) => cancelJob(pool, id, by),
    retry: (id, by) => retryJob(pool, id, by),
    runNow: (id, by) => runJobNow(pool, id, by),
    remove: (id) => removeJob(pool, id),
    edit: (id, options, decide) => inTransaction(pool, (sql) => editJob(sql, id, options, decide)),
    refreshStatistics: async (inserted) => {
      const { rows } = await pool.query<{ known: number }>(
        `SELECT reltuples::float8 AS known FROM pg_class WHERE oid = '${JOBS}'::regclass`,
      );
      if (inserted < STALE_SHARE * (rows[0]?.known ?? 0)) return false;
      await pool.query(`ANALYZE ${JOBS} (${PLANNED_COLUMNS})`);
      return true;
    },
    count: (cap) => countJobs(pool, cap),
  };
}

const PROCESS_LOST: JobError = {
  name: "PROCESS_LOST",
  message: "The process that ran this attempt is gone.",
  stack: null,
};
const JOB_EXPIRED: JobError = { name: "JOB_EXPIRED", message: "The job was not started in time.", stack: null };

/** An input that does not fit; nothing for any other end. */
function toMisfit({ id, number, verdict }: Settlement) {
  if (verdict.outcome !== "failed" || !verdict.isMisfit) return [];
  return [{ id, number, error: { ...verdict.error, fingerprint: verdict.fingerprint } }];
}

function toFingerprints(names: readonly string[], error: JobError): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, toFingerprint(name, error).fingerprint]));
}

function toDb(connection: TransactionConnection): Db {
  if ("query" in connection) return { executeSql: (text, values) => connection.query(text, values) };
  return {
    executeSql: async (text, values = []) => ({
      rows: (await connection.$queryRawUnsafe(text, ...values)) as unknown[],
    }),
  };
}

/** The partition of `pgboss.job` that all queues share, for none is made with one of its own. */
const JOBS = "pgboss.job_common";
/** What claims choose by. With inputs and outputs, which no plan asks for, the statement takes ten times as long. */
const PLANNED_COLUMNS = "name, state, blocked, priority, created_on, start_after, group_id";
/** Of the jobs that the planner knows of. */
const STALE_SHARE = 0.2;

const OWN_INDEXES = {
  // pg-boss's policies that refuse duplicates count a whole queue, and ours has jobs of several names and without keys.
  switchboard_job_dedupe: `CREATE UNIQUE INDEX switchboard_job_dedupe ON pgboss.job (name, singleton_key)
    WHERE singleton_key IS NOT NULL AND state <= 'active'`,
  // Of the jobs that must start in time only; the texts are ISO 8601 in UTC, so they sort as times do.
  switchboard_job_expiry: `CREATE INDEX switchboard_job_expiry ON pgboss.job ((data->>'expiresAt'))
    WHERE state < 'active' AND started_on IS NULL AND data ? 'expiresAt'`,
  // What failed now by what it failed with: groups of errors, and the jobs of one.
  switchboard_job_fingerprint: `CREATE INDEX switchboard_job_fingerprint ON pgboss.job ((output->>'fingerprint'), id)
    WHERE state IN ('retry', 'failed')`,
  // Who stored whom. A job that no job stored is not in it and costs the look at its envelope.
  switchboard_job_parent: `CREATE INDEX switchboard_job_parent ON pgboss.job ((data->>'parentId'), id) WHERE data ? 'parentId'`,
  // The one rare state that none of pg-boss's indexes is for.
  switchboard_job_cancelled: `CREATE INDEX switchboard_job_cancelled ON pgboss.job (name, created_on) WHERE state = 'cancelled'`,
  // Pages of jobs with an error, newest first, among a million without one.
  switchboard_job_troubled: `CREATE INDEX switchboard_job_troubled ON pgboss.job (name, id) WHERE state IN ('retry', 'failed')`,
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
