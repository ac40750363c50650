import type { Pool } from "pg";
import { isoOf } from "../../platform/sql.ts";
import type { JobSummary, QueueSettings } from "../queue.schema.ts";

/** What the claim goes by, read for one job. */

export type Holder = {
  readonly jobId: string;
  readonly name: string;
  readonly processId: string;
  readonly since: string;
};

export interface Standing {
  readonly pausedAt: string | null;
  readonly pausedBy: string | null;
  readonly settings: Pick<QueueSettings, "globalConcurrency" | "keyConcurrency" | "rateLimit">;
  /** Processes seen lately; those of them that define the name; and of those the ones that are not quiet. */
  readonly seen: number;
  readonly defining: number;
  readonly running: number;
  /** Slots of the queue in the processes that would run it. */
  readonly slots: number;
  readonly isAhead: boolean;
  readonly asOf: string;
}

const POSITION_CAP = 10_000;
const HOLDERS_MAX = 5;

type Waiter = Pick<JobSummary, "id" | "queue" | "name" | "key">;

export async function readStanding(pool: Pool, { id, queue, name }: Waiter, staleMs: number): Promise<Standing> {
  const { rows } = await pool.query<Standing>(
    `SELECT ${isoOf("s.paused_at")} AS "pausedAt", s.paused_by AS "pausedBy",
       json_build_object('globalConcurrency', s.global_concurrency, 'keyConcurrency', s.key_concurrency, 'rateLimit',
         CASE WHEN s.rate_limit IS NOT NULL THEN json_build_object('limit', s.rate_limit, 'perMs', s.rate_per_ms) END) AS settings,
       p.seen, p.defining, p.running, p.slots, coalesce(j.start_after > now(), false) AS "isAhead", ${isoOf("now()")} AS "asOf"
     FROM (
       -- A process of an older release does not say which names it has: it may have this one.
       SELECT count(*)::int AS seen, count(*) FILTER (WHERE w.defines)::int AS defining,
         count(*) FILTER (WHERE w.defines AND w.quieted_at IS NULL)::int AS running,
         coalesce(sum((w.slots->>$1)::int) FILTER (WHERE w.defines AND w.quieted_at IS NULL), 0)::int AS slots
       FROM (SELECT *, slots ? $1 AND (names ? $2 OR names = '[]') AS defines FROM worker_process
             WHERE seen_at > now() - $3 * interval '1 millisecond') w) p
     LEFT JOIN queue_state s ON s.name = $1
     LEFT JOIN pgboss.job j ON j.name = $1 AND j.id = $4`,
    [queue, name, staleMs, id],
  );
  const [standing] = rows;
  if (!standing) throw new Error("A count is always there.");
  return standing;
}

/** Running jobs of the queue, of the name, of the key, and of name and key. */
export interface Crowd {
  readonly queue: number;
  readonly name: number;
  readonly key: number;
  readonly pair: number;
  /** Of the queue and of the name, in processes that may claim. */
  readonly slots: number;
  readonly places: number;
}

export async function readCrowd(pool: Pool, { queue, name, key }: Waiter, staleMs: number): Promise<Crowd> {
  const { rows } = await pool.query<Crowd>(
    `SELECT count(*)::int AS queue, count(*) FILTER (WHERE j.group_id = $2)::int AS name,
       count(*) FILTER (WHERE j.group_tier = $3)::int AS key, count(*) FILTER (WHERE j.group_id = $2 AND j.group_tier = $3)::int AS pair,
       count(p.id)::int AS slots, count(p.id) FILTER (WHERE j.group_id = $2)::int AS places
     FROM pgboss.job j
     LEFT JOIN job_attempt a ON a.job_id = j.id AND a.number = j.retry_count + 1
     LEFT JOIN worker_process p ON p.id = a.process_id AND p.quieted_at IS NULL AND p.seen_at > now() - $4 * interval '1 millisecond'
     WHERE j.name = $1 AND j.state = 'active'`,
    [queue, name, key, staleMs],
  );
  return rows[0] ?? { queue: 0, name: 0, key: 0, pair: 0, slots: 0, places: 0 };
}

/** Who runs, the longest first. `name` and `key` narrow it. */
export async function listHolders(
  pool: Pool,
  queue: string,
  { name, key }: { readonly name?: string | undefined; readonly key?: string | null | undefined },
): Promise<Holder[]> {
  const { rows } = await pool.query<Holder>(
    `SELECT j.id AS "jobId", j.group_id AS name, a.process_id AS "processId", ${isoOf("j.started_on")} AS since
     FROM pgboss.job j JOIN job_attempt a ON a.job_id = j.id AND a.number = j.retry_count + 1 AND a.started_at = j.started_on
     WHERE j.name = $1 AND j.state = 'active' AND ($2::text IS NULL OR j.group_id = $2) AND ($3::text IS NULL OR j.group_tier = $3)
     ORDER BY j.started_on, j.id LIMIT ${HOLDERS_MAX}`,
    [queue, name ?? null, key ?? null],
  );
  return rows;
}

/**
 * When the rate lets the next one start; undefined when it does so at once. The arithmetic is that of the SQL function `queue_claim`, where it
 * is explained.
 */
export async function readRateTurn(
  pool: Pool,
  scope: string,
  { limit, perMs }: { readonly limit: number; readonly perMs: number },
): Promise<string | undefined> {
  const { rows } = await pool.query<{ until: string }>(
    `WITH spaced AS (SELECT greatest(1, least($2::int / 10, ceil(50.0 * $2::int / $3::int)))::int AS bunch),
     timed AS (SELECT bunch, ceil($3::int * 1000.0 / ($2::int - bunch + 1)) * interval '1 microsecond' AS every FROM spaced),
     turn AS (
       SELECT least(greatest(r.tat, now()), now() + t.bunch * t.every) - (t.bunch - 1) * t.every AS next
       FROM timed t JOIN queue_rate r ON r.scope = $1)
     SELECT ${isoOf("next")} AS until FROM turn WHERE next > now()`,
    [scope, limit, perMs],
  );
  return rows[0]?.until;
}

/**
 * How many due jobs of the queue the claim would take before this one, up to the cap: those of a higher priority and the older ones of the
 * same, read from pg-boss's index `job_i11`. Jobs of one insert share their time: among them the ids decide, which is how they were stored.
 */
export async function countBefore(
  pool: Pool,
  { id, queue }: Waiter,
): Promise<{ readonly before: number; readonly isExact: boolean }> {
  // Read first: with values at hand the planner knows how much of the index each part is.
  const { rows: mine } = await pool.query<{ priority: number; created: string }>(
    "SELECT priority, created_on::text AS created FROM pgboss.job WHERE name = $1 AND id = $2",
    [queue, id],
  );
  const { priority = 0, created = "-infinity" } = mine[0] ?? {};
  const due = "FROM pgboss.job j WHERE j.name = $1 AND j.state < 'active' AND NOT j.blocked AND j.start_after <= now()";
  const counted = (condition: string): string =>
    `(SELECT count(*)::int FROM (SELECT ${due} AND ${condition} LIMIT ${POSITION_CAP + 1}) c)`;
  const { rows } = await pool.query<{ higher: number; older: number; same: number; looked: number }>(
    `SELECT ${counted("j.priority > $3")} AS higher, ${counted("j.priority = $3 AND j.created_on < $4::timestamptz")} AS older, s.same, s.looked
     FROM (SELECT count(*) FILTER (WHERE t.id < $2)::int AS same, count(*)::int AS looked FROM (
       SELECT j.id ${due} AND j.priority = $3 AND j.created_on = $4::timestamptz LIMIT ${POSITION_CAP + 1}) t) s`,
    [queue, id, priority, created],
  );
  const { higher = 0, older = 0, same = 0, looked = 0 } = rows[0] ?? {};
  const before = higher + older + same;
  return { before: Math.min(before, POSITION_CAP), isExact: before <= POSITION_CAP && looked <= POSITION_CAP };
}
