import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createEmptyDatabase, createTestDatabase } from "@switchboard/testing";
import { Client } from "pg";
import { expect, test } from "vitest";

/** What migrations add that a Prisma schema cannot say: each line as the catalog prints it below. */
const SQL_ONLY = [
  "constraint users users_email_lower_check CHECK ((email = lower(email)))",
  "function audit_append(jsonb)",
  "function audit_event_refuse_change()",
  "function audit_event_text(audit_event)",
  "function audit_prune(integer,integer,uuid)",
  "function people_words(text)",
  "function queue_claim(text,text,text[],integer,integer,double precision,text,jsonb)",
  "index audit_event CREATE INDEX audit_event_action_at_seq_idx ON public.audit_event" +
    " USING btree (action text_pattern_ops, at DESC, seq DESC)",
  "index audit_event CREATE UNIQUE INDEX audit_event_undoes_key ON public.audit_event" +
    " USING btree (undoes) WHERE (outcome = 'ok'::text)",
  "index job_search CREATE INDEX job_search_doc_idx ON public.job_search USING gin (doc jsonb_path_ops) WITH (fastupdate=off)",
  "index schedule_run CREATE UNIQUE INDEX schedule_run_due_key ON public.schedule_run" +
    " USING btree (schedule_id, due_at) WHERE (by IS NULL)",
  "index users CREATE INDEX users_email_search_idx ON public.users USING btree (email text_pattern_ops)",
  "index users CREATE INDEX users_name_search_idx ON public.users USING btree (lower(name) text_pattern_ops)",
  "index users CREATE INDEX users_role_suspended_idx ON public.users USING btree (role, created_at DESC, id DESC)" +
    " WHERE (suspended_at IS NOT NULL)",
  "index users CREATE INDEX users_suspended_idx ON public.users USING btree (created_at DESC, id DESC)" +
    " WHERE (suspended_at IS NOT NULL)",
  "index users CREATE INDEX users_words_idx ON public.users USING gin (people_words(name)) WITH (fastupdate=off)",
  "trigger audit_checkpoint CREATE TRIGGER audit_checkpoint_append_only BEFORE DELETE OR UPDATE OR TRUNCATE" +
    " ON public.audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse_change()",
  "trigger audit_event CREATE TRIGGER audit_event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE" +
    " ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse_change()",
];

const CATALOG = `
  SELECT 'column ' || table_name || ' ' || column_name || ' ' || c.data_type || ' ' || c.udt_name
         || ' precision=' || coalesce(datetime_precision, numeric_precision, character_maximum_length, -1)
         || ' scale=' || coalesce(numeric_scale, -1)
         || ' null=' || is_nullable || ' default=' || coalesce(column_default, '-')
         || ' generated=' || coalesce(generation_expression, '-') AS line
    FROM information_schema.columns c WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
  UNION ALL
  SELECT 'index ' || tablename || ' ' || indexdef
    FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'
  UNION ALL
  SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint
   WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND conrelid::regclass::text <> '_prisma_migrations'
  UNION ALL
  SELECT 'trigger ' || tgrelid::regclass || ' ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL
  SELECT 'enum ' || t.typname || ' ' || string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
  UNION ALL
  SELECT 'view ' || viewname || ' ' || definition FROM pg_views WHERE schemaname = 'public'
  UNION ALL
  SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
   ORDER BY 1`;

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const readCatalog = (url: string) =>
  withClient(url, async (client) => (await client.query<{ line: string }>(CATALOG)).rows.map((row) => row.line));

async function makeFromSchema(url: string): Promise<void> {
  const root = join(import.meta.dirname, "..", "..", "..");
  const prisma = join(root, "node_modules", ".bin", "prisma");
  const diff = ["migrate", "diff", "--from-empty", "--to-schema", join(root, "prisma", "schema.prisma"), "--script"];
  const { stdout } = await promisify(execFile)(prisma, diff, { cwd: root });
  // The CLI is known to print nothing and exit 0 when its engine dies.
  expect(stdout).toContain('CREATE TABLE "users"');
  await withClient(url, (client) => client.query(stdout));
}

test("the tables after all migrations are the tables of the schema", async () => {
  await using migrated = await createTestDatabase();
  await using modelled = await createEmptyDatabase();
  await makeFromSchema(modelled.url);
  const [actual, expected] = await Promise.all([readCatalog(migrated.url), readCatalog(modelled.url)]);
  expect(actual.filter((line) => SQL_ONLY.includes(line))).toEqual(SQL_ONLY);
  expect(actual.filter((line) => !SQL_ONLY.includes(line))).toEqual(expected);
});
