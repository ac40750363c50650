import type { Database } from "../packages/db/src/index.ts";
import { createLogger } from "../packages/server/src/platform/logger.ts";
import { createPgBossEngine } from "../packages/server/src/queue/pg-boss-engine.ts";

const PER_STATEMENT = 50_000;
const DAYS = 7;
export const QUEUES = ["mail", "billing", "reports", "imports", "hooks"];

/**
 * Jobs as a week leaves them: 20 kinds in five queues, the first kinds the most frequent; 97.4 % completed, 1 % discarded in groups of
 * errors, 0.2 % cancelled, 0.2 % waiting for another attempt, 1 % available, 0.2 % scheduled. Inputs are nested, of some 300 bytes; one
 * job in a hundred has the tag of an import that ended days ago. The same for the same `count`, apart from the time.
 */
export async function storeJobs(database: Database, count: number, progress: (stored: number) => void): Promise<void> {
  const engine = createPgBossEngine({ pool: database.pool, logger: createLogger("silent"), isSupervisor: false });
  await engine.start(QUEUES);
  await engine.stop();
  const client = await database.pool.connect();
  try {
    await client.query(
      `CREATE FUNCTION pg_temp.share(job bigint, use int) RETURNS double precision LANGUAGE sql IMMUTABLE
       RETURN (hashint8extended(job * 64 + use, 7) & 1048575) / 1048576.0`,
    );
    for (let from = 1; from <= count; from += PER_STATEMENT) {
      const to = Math.min(count, from + PER_STATEMENT - 1);
      await client.query(INSERT, [from, to, count, QUEUES]);
      progress(to);
    }
    await client.query(GROUPS);
    // What autovacuum does within a minute.
    await client.query("VACUUM (ANALYZE) pgboss.job");
  } finally {
    client.release(true);
  }
}

const INSERT = `
  WITH facts AS (
    SELECT i, now() - (($3::bigint - i) / $3::float8) * interval '${DAYS} days' AS at,
      floor(20 * pg_temp.share(i, 1) ^ 2.5)::int AS kind, pg_temp.share(i, 2) AS fate, floor(40 * pg_temp.share(i, 3) ^ 2)::int AS failure
    FROM generate_series($1::bigint, $2::bigint) AS i
  ), named AS (
    SELECT *, ($4::text[])[kind % 5 + 1] AS queue,
      (CASE WHEN fate < 0.01 THEN 'failed' WHEN fate < 0.012 THEN 'cancelled' WHEN fate < 0.014 THEN 'retry'
        WHEN fate < 0.024 OR fate < 0.026 THEN 'created' ELSE 'completed' END)::pgboss.job_state AS state
    FROM facts
  )
  INSERT INTO pgboss.job (id, name, group_id, group_tier, priority, data, state, retry_limit, retry_count, start_after, created_on,
    started_on, completed_on, keep_until, output, policy)
  SELECT
    (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i % 4096), 3, '0')
      || '8' || lpad(to_hex((pg_temp.share(i, 4) * 1048576)::bigint * 1048576 + i), 15, '0'))::uuid,
    queue, queue || '.kind-' || kind, 'customer-' || floor(pg_temp.share(i, 5) * 20000)::int, 0,
    jsonb_build_object('input', jsonb_build_object(
        'user', jsonb_build_object('id', floor(pg_temp.share(i, 6) * 100000)::int, 'mail', 'p' || floor(pg_temp.share(i, 6) * 100000)::int || '@example.com'),
        'amount', floor(pg_temp.share(i, 7) * 10000) / 100, 'plan', (ARRAY['free', 'pro', 'team'])[floor(pg_temp.share(i, 8) * 3)::int + 1],
        'lines', jsonb_build_array(jsonb_build_object('sku', 'S' || floor(pg_temp.share(i, 9) * 5000)::int, 'count', i % 7),
                                   jsonb_build_object('sku', 'S' || floor(pg_temp.share(i, 10) * 5000)::int, 'count', i % 5)),
        'order', 'order-' || i, 'isTest', pg_temp.share(i, 11) < 0.0005, 'note', repeat('words that nobody looks for ', 3)),
      'enqueuedBy', 'bench', 'tags', CASE WHEN i BETWEEN $3 * 0.4 AND $3 * 0.41 THEN '["import-7"]'::jsonb
        WHEN pg_temp.share(i, 12) < 0.3 THEN jsonb_build_array('region:' || (ARRAY['eu', 'us', 'asia'])[i % 3 + 1]) ELSE '[]'::jsonb END),
    state, 4, CASE WHEN state = 'failed' THEN 4 ELSE 0 END,
    CASE WHEN state = 'created' AND fate > 0.024 THEN now() + interval '1 day' WHEN state = 'retry' THEN now() + interval '1 hour' ELSE at END,
    at, CASE WHEN state <> 'created' THEN at END, CASE WHEN state IN ('completed', 'failed', 'cancelled') THEN at + interval '1 second' END,
    now() + interval '10 years',
    CASE WHEN state IN ('failed', 'retry') THEN jsonb_build_object('name', 'Error', 'message', 'Connection to host ' || i || ' failed with code ' || failure,
      'stack', NULL, 'fingerprint', lpad(to_hex(kind * 1000 + failure), 16, '0')) END,
    'standard'
  FROM named ORDER BY i`;

const GROUPS = `
  INSERT INTO job_error_group (fingerprint, name, queue, error_name, message, pattern, first_seen_at, last_seen_at, attempts, last_job_id, versions)
  SELECT DISTINCT ON (output->>'fingerprint') output->>'fingerprint', group_id, name, 'Error', output->>'message',
    'Connection to host <n> failed with code <n>', created_on, created_on, 1, id, '{}'
  FROM pgboss.job WHERE state IN ('failed', 'retry') ORDER BY output->>'fingerprint', id DESC
  ON CONFLICT DO NOTHING`;
