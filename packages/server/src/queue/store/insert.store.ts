import { EXPIRY_MARGIN_SECONDS, type NewJob, type TransactionConnection } from "../engine.ts";
import { KEEP_COMPLETED_SECONDS, type Envelope } from "./job-row.ts";

/** pg-boss deletes jobs that wait for longer; a job of ours waits as long as its queue is paused. */
const KEEP_WAITING = "interval '3650 days'";

/**
 * Our own statement and not pg-boss's: that one reads 23 members of each job from JSON and asks each of its unique indexes whether a
 * job is there already, which takes as long as the insert itself. Here only jobs with a dedupe key ask, and there is one index that
 * could refuse them. What is not named has the column's default; the policy is that of a `standard` queue, as `createQueue` makes them.
 */
const INSERT = `
  INSERT INTO pgboss.job (id, name, data, priority, start_after, keep_until, singleton_key, group_id, group_tier, expire_seconds,
    deletion_seconds, retry_limit, policy)
  SELECT x.id, $1, x.data, x.priority, now() + x.delay_ms * interval '1 millisecond',
    now() + x.delay_ms * interval '1 millisecond' + ${KEEP_WAITING}, x.singleton_key, x.group_id, x.group_tier, x.expire_seconds,
    ${KEEP_COMPLETED_SECONDS}, x.retry_limit, 'standard'
  FROM ROWS FROM (
    jsonb_array_elements($3::jsonb),
    unnest($2::uuid[], $4::int[], $5::float8[], $6::text[], $7::text[], $8::text[], $9::int[], $10::int[])
  ) AS x (data, id, priority, delay_ms, singleton_key, group_id, group_tier, expire_seconds, retry_limit)`;

/** All or none, but those whose dedupe key is taken. Answers the ids stored. */
export async function insertJobs(
  connection: TransactionConnection,
  queue: string,
  jobs: readonly NewJob[],
): Promise<string[]> {
  const isRefusable = jobs.some(({ dedupeKey }) => dedupeKey !== undefined);
  const values = [
    queue,
    jobs.map(({ id }) => id),
    // One text and not an array of them: each would be escaped once more.
    JSON.stringify(jobs.map(toEnvelope)),
    jobs.map(({ priority }) => priority),
    jobs.map(({ delayMs }) => delayMs),
    jobs.map(({ name, dedupeKey }) => (dedupeKey === undefined ? null : toSingletonKey(name, dedupeKey))),
    jobs.map(({ name }) => name),
    jobs.map(({ key }) => key ?? null),
    jobs.map(({ timeoutMs }) => Math.ceil(timeoutMs / 1000) + EXPIRY_MARGIN_SECONDS),
    jobs.map(({ maxAttempts }) => maxAttempts - 1),
  ];
  if (!isRefusable) {
    await run(connection, INSERT, values);
    return jobs.map(({ id }) => id);
  }
  const rows = await run(connection, `${INSERT} ON CONFLICT DO NOTHING RETURNING id::text AS id`, values);
  return (rows as { id: string }[]).map(({ id }) => id);
}

async function run(connection: TransactionConnection, text: string, values: unknown[]): Promise<unknown> {
  if ("query" in connection) return (await connection.query(text, values)).rows;
  return connection.$queryRawUnsafe(text, ...values);
}

function toEnvelope(job: NewJob): Envelope {
  const { input, enqueuedBy, requestId, tags, parentId, scheduleId, expiresAt, discards } = job;
  return {
    input,
    ...(enqueuedBy === undefined ? {} : { enqueuedBy }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(tags === undefined || tags.length === 0 ? {} : { tags }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(scheduleId === undefined ? {} : { scheduleId }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(discards === undefined || discards === 0 ? {} : { discards }),
  };
}

/** A job's name has no colon, so no two pairs of name and key make the same text. */
export function toSingletonKey(name: string, key: string): string {
  return `${name}:${key}`;
}
