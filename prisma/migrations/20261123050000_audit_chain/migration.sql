-- DropIndex
DROP INDEX "audit_event_at_id_idx";

-- DropIndex
DROP INDEX "audit_event_actor_id_at_id_idx";

-- DropIndex
DROP INDEX "audit_event_target_id_at_id_idx";

-- AlterTable
ALTER TABLE "audit_event" ADD COLUMN     "hash" BYTEA,
ADD COLUMN     "seq" BIGINT,
ADD COLUMN     "undoes" UUID,
ALTER COLUMN "at" DROP DEFAULT;

-- CreateTable
CREATE TABLE "audit_checkpoint" (
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "pruned" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_checkpoint_pkey" PRIMARY KEY ("seq")
);

-- The text of a row that is hashed: a JSON array of all its columns but the hash, as Postgres prints JSON, with the time in
-- milliseconds so that no time zone has a part in it. The verification has the same expression of its own: this function could have
-- been replaced.
CREATE FUNCTION "audit_event_text"("e" "audit_event") RETURNS text LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.jsonb_build_array(
    e.seq, e.id, (EXTRACT(epoch FROM e.at) * 1000)::bigint, e.action, e.outcome, e.code, e.actor_id, e.actor_email, e.via, e.key_name,
    e.address, e.request_id, e.target_type, e.target_id, e.before, e.after, e.reason, e.undoes
  )::text
$$;

-- The rows that are there already become the beginning of the chain, in the order in which they were listed.
ALTER TABLE "audit_event" DISABLE TRIGGER "audit_event_append_only";

DO $$
DECLARE
  e "audit_event";
  n bigint := 0;
  head bytea := decode(repeat('00', 32), 'hex');
BEGIN
  FOR e IN SELECT * FROM "audit_event" ORDER BY "at", "id" LOOP
    n := n + 1;
    e.seq := n;
    head := sha256(head || convert_to("audit_event_text"(e), 'UTF8'));
    UPDATE "audit_event" SET "seq" = n, "hash" = head WHERE "id" = e.id;
  END LOOP;
END
$$;

ALTER TABLE "audit_event" ENABLE TRIGGER "audit_event_append_only";

ALTER TABLE "audit_event" ALTER COLUMN "seq" SET NOT NULL,
ALTER COLUMN "hash" SET NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "audit_event_seq_key" ON "audit_event"("seq");

-- CreateIndex
CREATE INDEX "audit_event_at_seq_idx" ON "audit_event"("at" DESC, "seq" DESC);

-- CreateIndex
CREATE INDEX "audit_event_actor_id_at_seq_idx" ON "audit_event"("actor_id", "at" DESC, "seq" DESC);

-- CreateIndex
CREATE INDEX "audit_event_target_id_at_seq_idx" ON "audit_event"("target_id", "at" DESC, "seq" DESC);

-- What a Prisma schema cannot say. An event is taken back once.
CREATE UNIQUE INDEX "audit_event_undoes_key" ON "audit_event"("undoes") WHERE "outcome" = 'ok';

-- Finds an action among millions of others; the operator class also serves the start of one, in every locale.
CREATE INDEX "audit_event_action_at_seq_idx" ON "audit_event"("action" text_pattern_ops, "at" DESC, "seq" DESC);

-- Appends rows, each a JSON object of columns, in their order. `seq`, `at` and `hash` are made here, one caller at a time, so that
-- every row follows the one before it in number, in time and in the chain. The lock ends with the transaction: the next caller then
-- sees these rows. Runs as its owner: the role of the server may append by it and not write to the table.
CREATE FUNCTION "audit_append"("events" jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  -- Read before the lock, so that the others wait for as little as there is to wait for.
  given public.audit_event[] := ARRAY(SELECT row FROM jsonb_populate_recordset(NULL::public.audit_event, events) AS row);
  made public.audit_event[] := '{}';
  e public.audit_event;
  n bigint;
  head bytea;
BEGIN
  PERFORM pg_advisory_xact_lock(4600003);
  SELECT last.seq, last.hash INTO n, head
    FROM ((SELECT seq, hash FROM public.audit_event ORDER BY seq DESC LIMIT 1)
          UNION ALL (SELECT seq, hash FROM public.audit_checkpoint ORDER BY seq DESC LIMIT 1)) AS last
   ORDER BY last.seq DESC LIMIT 1;
  IF NOT FOUND THEN
    n := 0;
    head := decode(repeat('00', 32), 'hex');
  END IF;
  FOREACH e IN ARRAY given LOOP
    n := n + 1;
    e.seq := n;
    e.at := clock_timestamp();
    head := sha256(head || convert_to(public.audit_event_text(e), 'UTF8'));
    e.hash := head;
    made := made || e;
  END LOOP;
  INSERT INTO public.audit_event SELECT (row).* FROM unnest(made) AS row;
END
$$;

-- Removes the oldest events, at most "most" of them, of days that ended "days" days ago or earlier, and answers how many those were.
-- The checkpoint says where the chain goes on, and the prune is an event itself, under the given id. Whoever may call this can still
-- not rid the log of anything that is younger than 30 days. Of two callers at once the second has nothing to do.
CREATE FUNCTION "audit_prune"("days" integer, "most" integer, "event_id" uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  boundary timestamptz := date_trunc('day', clock_timestamp(), 'UTC') - days * interval '24 hours';
  first bigint;
  last bigint;
  last_hash bytea;
  removed bigint;
BEGIN
  IF days IS NULL OR days < 30 THEN
    RAISE EXCEPTION 'audit_prune keeps 30 days at least, not %', days USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT pg_try_advisory_xact_lock(4600004) THEN
    RETURN 0;
  END IF;
  -- Up to the first row that stays, whatever the clock said later: the log is cut at one place.
  SELECT min(seq), coalesce(min(seq) FILTER (WHERE at >= boundary) - 1, max(seq)) INTO first, last
    FROM (SELECT seq, at FROM public.audit_event ORDER BY seq LIMIT most) AS oldest;
  IF first IS NULL OR last < first THEN
    RETURN 0;
  END IF;
  SELECT hash INTO STRICT last_hash FROM public.audit_event WHERE seq = last;
  -- Not by SET in the head of the function: of a name that the server does not know, only a superuser may write that.
  PERFORM set_config('switchboard.audit_prune', 'on', true);
  DELETE FROM public.audit_event WHERE seq <= last;
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('switchboard.audit_prune', '', true);
  INSERT INTO public.audit_checkpoint (seq, hash, pruned) VALUES (last, last_hash, removed);
  PERFORM public.audit_append(jsonb_build_array(jsonb_build_object(
    'id', event_id, 'action', 'audit.prune', 'outcome', 'ok', 'via', 'system',
    'after', jsonb_build_object('events', removed, 'throughSeq', last, 'throughHash', encode(last_hash, 'hex'), 'keepsDays', days)
  )));
  RETURN removed;
END
$$;

-- By default everybody may call a function.
REVOKE ALL ON FUNCTION "audit_append"(jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION "audit_prune"(integer, integer, uuid) FROM PUBLIC;

-- For a slip or a stray tool under a role that owns the tables. The setting is made by audit_prune for its DELETE.
CREATE OR REPLACE FUNCTION "audit_event_refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'audit_event' AND TG_OP = 'DELETE' AND current_setting('switchboard.audit_prune', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Per statement: a statement that would match no row is refused as well.
DROP TRIGGER "audit_event_append_only" ON "audit_event";
CREATE TRIGGER "audit_event_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_event"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_event_refuse_change"();
CREATE TRIGGER "audit_checkpoint_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_checkpoint"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_event_refuse_change"();

-- The queue makes its own tables in there, under the role that the server works as, which may not create schemas.
DO $$
BEGIN
  -- Looked up first: IF NOT EXISTS asks for the right to create a schema even where there is nothing to do.
  IF to_regnamespace('pgboss') IS NULL THEN
    CREATE SCHEMA "pgboss";
  END IF;
END
$$;
