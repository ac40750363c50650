-- AlterTable
ALTER TABLE "job_attempt" ADD COLUMN     "fingerprint" TEXT,
ADD COLUMN     "progress_data" JSONB,
ADD COLUMN     "version" TEXT;

-- AlterTable
ALTER TABLE "worker_process" ADD COLUMN     "event_loop_delay_ms" REAL,
ADD COLUMN     "memory_bytes" BIGINT,
ADD COLUMN     "names" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "quieted_at" TIMESTAMPTZ(3),
ADD COLUMN     "quieted_by" TEXT;

-- AlterTable
ALTER TABLE "queue_state" ADD COLUMN     "global_concurrency" INTEGER,
ADD COLUMN     "key_concurrency" INTEGER,
ADD COLUMN     "rate_limit" INTEGER,
ADD COLUMN     "rate_per_ms" INTEGER,
ADD COLUMN     "slots" INTEGER;

-- CreateTable
CREATE TABLE "queue_rate" (
    "scope" TEXT NOT NULL,
    "tat" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "queue_rate_pkey" PRIMARY KEY ("scope")
);

-- CreateTable
CREATE TABLE "job_event" (
    "id" BIGSERIAL NOT NULL,
    "job_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "by" TEXT,
    "attempt" INTEGER,
    "note" TEXT,

    CONSTRAINT "job_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job_error_group" (
    "fingerprint" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "queue" TEXT NOT NULL,
    "error_name" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "pattern" TEXT NOT NULL,
    "place" TEXT,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" BIGINT NOT NULL,
    "last_job_id" UUID NOT NULL,
    "versions" TEXT[],

    CONSTRAINT "job_error_group_pkey" PRIMARY KEY ("fingerprint")
);

-- CreateTable
CREATE TABLE "job_error_minute" (
    "fingerprint" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "attempts" INTEGER NOT NULL,

    CONSTRAINT "job_error_minute_pkey" PRIMARY KEY ("fingerprint","minute")
);

-- CreateTable
CREATE TABLE "job_rollup" (
    "queue" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "enqueued" INTEGER NOT NULL DEFAULT 0,
    "completed" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "discarded" INTEGER NOT NULL DEFAULT 0,
    "duration_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "job_rollup_pkey" PRIMARY KEY ("queue","name","minute")
);

-- CreateTable
CREATE TABLE "job_search" (
    "job_id" UUID NOT NULL,
    "doc" JSONB NOT NULL,

    CONSTRAINT "job_search_pkey" PRIMARY KEY ("job_id")
);

-- CreateTable
CREATE TABLE "job_search_mark" (
    "id" INTEGER NOT NULL,
    "up_to" UUID NOT NULL,
    "swept_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "job_search_mark_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job_dedupe" (
    "name" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "job_id" UUID NOT NULL,

    CONSTRAINT "job_dedupe_pkey" PRIMARY KEY ("name","key")
);

-- CreateTable
CREATE TABLE "job_discard" (
    "job_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "job_discard_pkey" PRIMARY KEY ("job_id")
);

-- CreateTable
CREATE TABLE "bulk_action" (
    "id" UUID NOT NULL,
    "act" TEXT NOT NULL,
    "filter" JSONB,
    "as_of" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL,
    "total" INTEGER NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "undone" INTEGER NOT NULL DEFAULT 0,
    "per_second" INTEGER,
    "stages" INTEGER[],
    "stage" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT,
    "problem" TEXT,
    "created_by" TEXT NOT NULL,
    "created_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "undo_until" TIMESTAMPTZ(3),
    "job_id" UUID,
    "rate" REAL,
    "stage_done_at" TIMESTAMPTZ(3),

    CONSTRAINT "bulk_action_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bulk_item" (
    "bulk_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "job_id" UUID NOT NULL,
    "queue" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "problem" TEXT,
    "before" JSONB,

    CONSTRAINT "bulk_item_pkey" PRIMARY KEY ("bulk_id","ordinal")
);

-- CreateTable
CREATE TABLE "job_schedule" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "job_name" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "cron" TEXT,
    "every_ms" BIGINT,
    "time_zone" TEXT NOT NULL,
    "missed" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "paused_at" TIMESTAMPTZ(3),
    "paused_by" TEXT,
    "next_at" TIMESTAMPTZ(3),
    "problem" TEXT,
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "job_schedule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "schedule_run" (
    "id" BIGSERIAL NOT NULL,
    "schedule_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "outcome" TEXT NOT NULL,
    "job_id" UUID,
    "by" TEXT,
    "note" TEXT,

    CONSTRAINT "schedule_run_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "job_event_job_id_id_idx" ON "job_event"("job_id", "id");

-- CreateIndex
CREATE INDEX "job_error_group_last_seen_at_fingerprint_idx" ON "job_error_group"("last_seen_at" DESC, "fingerprint");

-- CreateIndex
CREATE INDEX "job_rollup_minute_idx" ON "job_rollup" USING BRIN ("minute");

-- CreateIndex
-- Searches would read the list of what is not in the index yet, each time.
CREATE INDEX "job_search_doc_idx" ON "job_search" USING GIN ("doc" jsonb_path_ops) WITH (fastupdate = off);

-- CreateIndex
CREATE INDEX "job_dedupe_until_idx" ON "job_dedupe"("until");

-- CreateIndex
CREATE INDEX "bulk_action_created_at_id_idx" ON "bulk_action"("created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "bulk_item_bulk_id_state_ordinal_idx" ON "bulk_item"("bulk_id", "state", "ordinal");

-- CreateIndex
CREATE INDEX "bulk_item_job_id_idx" ON "bulk_item"("job_id");

-- CreateIndex
CREATE UNIQUE INDEX "job_schedule_name_key" ON "job_schedule"("name");

-- CreateIndex
CREATE INDEX "job_schedule_next_at_idx" ON "job_schedule"("next_at");

-- CreateIndex
CREATE INDEX "schedule_run_schedule_id_id_idx" ON "schedule_run"("schedule_id", "id" DESC);

-- AddForeignKey
ALTER TABLE "bulk_item" ADD CONSTRAINT "bulk_item_bulk_id_fkey" FOREIGN KEY ("bulk_id") REFERENCES "bulk_action"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedule_run" ADD CONSTRAINT "schedule_run_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "job_schedule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One run for each time of a schedule, however many processes look. What is run by hand is beside the times.
CREATE UNIQUE INDEX "schedule_run_due_key" ON "schedule_run" ("schedule_id", "due_at") WHERE "by" IS NULL;

-- Claims jobs of a queue that has limits. Processes take turns: the counts are read by statements that begin after the lock is held, and
-- so see what the turn before claimed. A statement that took the lock itself would count by an older snapshot.
--
-- "limits": of the definitions, by name: {"a.b": {"global": 1, "perKey": 1, "limit": 10, "perMs": 1000}}. Those of the operator are in
-- queue_state. Rates are GCRA: starts lie one interval apart, or in bunches so small that no window of the period holds more than
-- the limit. Jobs without a place are passed over. The one row without an id says that nothing was claimed.
CREATE FUNCTION "queue_claim"(
  "of_queue" text, "by_process" text, "of_names" text[], "most" integer, "expire_after" integer, "stale_ms" double precision,
  "by_version" text, "limits" jsonb)
RETURNS TABLE ("id" uuid, "name" text, "data" jsonb, "number" integer, "max_attempts" integer, "next_due_ms" double precision, "is_limited" boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  -- Rows looked at beyond those asked for, to find some that have a place.
  margin CONSTANT integer := 200;
  at timestamptz;
  settings queue_state%ROWTYPE;
  places integer;
  rates jsonb := '{}';
  rate record;
  used jsonb;
  open_names text[];
  full_keys text[];
  full_pairs text[];
  candidate record;
  pair text;
  seen integer := 0;
  skipped integer := 0;
  chosen uuid[] := '{}';
  next_at timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(7245002, hashtext(of_queue));
  SELECT * INTO settings FROM queue_state s WHERE s.name = of_queue;
  is_limited := num_nonnulls(settings.global_concurrency, settings.key_concurrency, settings.rate_limit) > 0;
  IF settings.paused_at IS NOT NULL OR NOT EXISTS (
    SELECT FROM worker_process p
    WHERE p.id = by_process AND p.quieted_at IS NULL AND p.seen_at > clock_timestamp() - stale_ms * interval '1 millisecond'
  ) THEN
    RETURN NEXT;
    RETURN;
  END IF;

  -- What is used, by queue (""), name ("n:"), key ("k:") and both ("p:"); a name has no colon.
  WITH active AS (
    SELECT j.group_id, j.group_tier FROM pgboss.job j WHERE j.name = of_queue AND j.state = 'active'
  ), counted AS (
    SELECT '' AS what, count(*) FROM active
    UNION ALL SELECT 'n:' || group_id, count(*) FROM active GROUP BY group_id
    UNION ALL SELECT 'k:' || group_tier, count(*) FROM active WHERE group_tier IS NOT NULL GROUP BY group_tier
    UNION ALL SELECT 'p:' || group_id || ':' || group_tier, count(*) FROM active WHERE group_tier IS NOT NULL GROUP BY group_id, group_tier
  ) SELECT jsonb_object_agg(what, count) INTO used FROM counted;
  -- Not before the count: what it no longer counts had ended by then.
  at := clock_timestamp();

  places := least(most, settings.global_concurrency - (used->>'')::integer);
  FOR rate IN
    WITH declared AS (
      SELECT 'queue:' || of_queue AS scope, '' AS what, settings.rate_limit AS most_starts, settings.rate_per_ms AS per_ms
      UNION ALL
      SELECT 'job:' || l.key, 'n:' || l.key, (l.value->>'limit')::integer, (l.value->>'perMs')::integer FROM jsonb_each(limits) l
    ), spaced AS (
      -- A bunch spans up to 50 ms and a tenth of the limit. The interval is longer by as much as the bunch takes of the period.
      SELECT *, greatest(1, least(most_starts / 10, ceil(50.0 * most_starts / per_ms)))::integer AS bunch FROM declared
      WHERE most_starts IS NOT NULL AND per_ms IS NOT NULL
    ), timed AS (
      SELECT *, ceil(per_ms * 1000.0 / (most_starts - bunch + 1)) * interval '1 microsecond' AS every FROM spaced
    )
    -- No later than an empty bucket says: a limit that was raised counts at once.
    SELECT t.scope, t.what, t.every, least(greatest(r.tat, at), at + t.bunch * t.every) AS tat, (t.bunch - 1) * t.every AS slack,
      coalesce(r.tat > at + t.bunch * t.every, false) AS is_lowered
    FROM timed t LEFT JOIN queue_rate r ON r.scope = t.scope
  LOOP
    rates := rates || jsonb_build_object(rate.what, jsonb_build_object(
      'scope', rate.scope, 'every', rate.every, 'tat', rate.tat, 'next', rate.tat - rate.slack, 'isLowered', rate.is_lowered,
      'left', CASE WHEN rate.tat - rate.slack > at THEN 0
        ELSE floor(extract(epoch FROM at + rate.slack - rate.tat) / extract(epoch FROM rate.every))::integer + 1 END));
  END LOOP;
  places := least(places, (rates->''->>'left')::integer);

  SELECT coalesce(array_agg(n), '{}') INTO open_names FROM unnest(of_names) n
  WHERE coalesce((limits->n->>'global')::integer > coalesce((used->>('n:' || n))::integer, 0), true)
    AND coalesce((rates->('n:' || n)->>'left')::integer > 0, true);
  SELECT coalesce(array_agg(substr(u.key, 3)), '{}') INTO full_keys FROM jsonb_each_text(used) u
  WHERE u.key LIKE 'k:%' AND u.value::integer >= settings.key_concurrency;
  SELECT coalesce(array_agg(substr(u.key, 3)), '{}') INTO full_pairs FROM jsonb_each_text(used) u
  WHERE u.key LIKE 'p:%' AND u.value::integer >= (limits->split_part(u.key, ':', 2)->>'perKey')::integer;

  IF places > 0 THEN
    FOR candidate IN
      SELECT j.id, 'n:' || j.group_id AS of_name, 'k:' || j.group_tier AS of_key,
        'p:' || j.group_id || ':' || j.group_tier AS of_pair, limits->j.group_id AS own
      FROM pgboss.job j
      WHERE j.name = of_queue AND j.state < 'active' AND NOT j.blocked AND j.start_after <= at AND j.group_id = ANY (open_names)
        AND (j.group_tier IS NULL OR (j.group_tier <> ALL (full_keys) AND j.group_id || ':' || j.group_tier <> ALL (full_pairs)))
        AND NOT (j.data ? 'expiresAt' AND j.started_on IS NULL AND (j.data->>'expiresAt')::timestamptz <= at
          AND j.start_after <= greatest((j.data->>'expiresAt')::timestamptz, j.created_on))
      ORDER BY j.priority DESC, j.created_on
      LIMIT places + margin
    LOOP
      EXIT WHEN cardinality(chosen) >= places;
      seen := seen + 1;
      IF coalesce((used->>candidate.of_name)::integer, 0) >= (candidate.own->>'global')::integer
        OR coalesce((used->>candidate.of_pair)::integer, 0) >= (candidate.own->>'perKey')::integer
        OR coalesce((used->>candidate.of_key)::integer, 0) >= settings.key_concurrency
        OR (rates->candidate.of_name->>'left')::integer <= 0
      THEN
        skipped := skipped + 1;
        CONTINUE;
      END IF;
      chosen := chosen || candidate.id;
      FOREACH pair IN ARRAY array_remove(ARRAY[candidate.of_name, candidate.of_key, candidate.of_pair], NULL) LOOP
        used := jsonb_set(used, ARRAY[pair], to_jsonb(coalesce((used->>pair)::integer, 0) + 1));
      END LOOP;
      IF rates ? candidate.of_name THEN
        rates := jsonb_set(rates, ARRAY[candidate.of_name, 'left'], to_jsonb((rates->candidate.of_name->>'left')::integer - 1));
      END IF;
    END LOOP;
  END IF;

  -- When to look again: now, when more may have a place behind those that were looked at; else at the next start or the next turn of a rate.
  IF cardinality(chosen) < most THEN
    IF places > 0 AND skipped > 0 AND seen >= places + margin THEN
      next_at := at;
    ELSE
      SELECT least(
        (SELECT min(j.start_after) FROM pgboss.job j
          WHERE j.name = of_queue AND j.state = 'created' AND NOT j.blocked AND j.start_after > at),
        (SELECT min(j.start_after) FROM pgboss.job j
          WHERE j.name = of_queue AND j.state = 'retry' AND NOT j.blocked AND j.start_after > at)) INTO next_at;
    END IF;
  END IF;

  RETURN QUERY
  WITH next AS (
    SELECT j.id FROM pgboss.job j
    WHERE j.name = of_queue AND j.id = ANY (chosen) AND j.state < 'active' AND NOT j.blocked
    FOR UPDATE OF j SKIP LOCKED
  ), claimed AS (
    UPDATE pgboss.job j
    SET state = 'active', started_on = at, expire_seconds = greatest(j.expire_seconds, expire_after),
        retry_count = CASE WHEN j.started_on IS NULL THEN j.retry_count ELSE j.retry_count + 1 END
    FROM next
    WHERE j.name = of_queue AND j.id = next.id
    RETURNING j.id, j.group_id, j.data, j.retry_count + 1 AS number, j.retry_limit + 1 AS max_attempts
  ), attempted AS (
    INSERT INTO job_attempt AS a (job_id, number, process_id, started_at, version)
    SELECT c.id, c.number, by_process, at, by_version FROM claimed c
    ON CONFLICT (job_id, number) DO UPDATE
    SET process_id = excluded.process_id, started_at = excluded.started_at, version = excluded.version,
        finished_at = NULL, outcome = NULL, progress = NULL, error = NULL, logs = NULL, fingerprint = NULL, progress_data = NULL
  ), turns AS (
    SELECT r.value->>'scope' AS scope, (r.value->>'tat')::timestamptz AS tat, (r.value->>'every')::interval AS every,
      (SELECT count(*) FROM claimed c WHERE r.key IN ('', 'n:' || c.group_id)) AS starts,
      (r.value->>'next')::timestamptz AS next, (r.value->>'isLowered')::boolean AS is_lowered
    FROM jsonb_each(rates) r
  ), moved AS (
    INSERT INTO queue_rate AS q (scope, tat) SELECT t.scope, t.tat + t.starts * t.every FROM turns t
    WHERE t.starts > 0 OR t.is_lowered
    ON CONFLICT (scope) DO UPDATE SET tat = excluded.tat
  )
  SELECT c.id, c.group_id, c.data, c.number, c.max_attempts, (extract(epoch FROM due.again_at - at) * 1000)::double precision, is_limited
  FROM (
    SELECT CASE WHEN (SELECT count(*) FROM claimed) < most
      THEN least(next_at, (SELECT min(t.next + t.starts * t.every) FROM turns t WHERE t.next + t.starts * t.every > at))
      END AS again_at
  ) due LEFT JOIN claimed c ON true;
END
$$;
