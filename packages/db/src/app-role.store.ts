import type { Client } from "pg";

/** Tables that the server reads and adds to by functions of their owner, and cannot change otherwise. */
const APPEND_ONLY = ["audit_event", "audit_checkpoint"];
const APPEND_FUNCTIONS = ["audit_append(jsonb)", "audit_prune(integer,integer,uuid)"];
/** Read at each start; written by whoever migrates. */
const BOOKKEEPING = "_prisma_migrations";
/** Schemas whose tables the server makes by itself, and therefore owns. */
const OWN_SCHEMAS = ["pgboss"];

export interface Connected {
  readonly database: string;
  /** May do with the tables what their owner may: is it, a member of it, or a superuser. */
  readonly isOwner: boolean;
  readonly isSuperuser: boolean;
}

export async function readConnected(client: Client): Promise<Connected> {
  const { rows } = await client.query<Connected>(
    `SELECT current_database() AS database, rolsuper AS "isSuperuser",
            (SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE oid = '"${BOOKKEEPING}"'::regclass) AS "isOwner"
       FROM pg_roles WHERE rolname = current_user`,
  );
  const [found] = rows;
  if (!found) throw new Error("The role of the connection is not in the catalog.");
  return found;
}

export interface FoundRole {
  readonly canLogIn: boolean;
  /** Rights that would make a separation pointless. */
  readonly isStrong: boolean;
}

export async function findRole(client: Client, name: string): Promise<FoundRole | undefined> {
  const { rows } = await client.query<FoundRole>(
    `SELECT rolcanlogin AS "canLogIn",
            rolcreaterole OR rolreplication
              OR pg_has_role(oid, (SELECT relowner FROM pg_class WHERE oid = '"${BOOKKEEPING}"'::regclass), 'MEMBER')
              OR EXISTS (SELECT FROM pg_roles AS other WHERE other.rolsuper AND pg_has_role(role.oid, other.oid, 'MEMBER')) AS "isStrong"
       FROM pg_roles AS role WHERE rolname = $1`,
    [name],
  );
  return rows[0];
}

const toPassword = (client: Client, verifier: string | undefined): string =>
  verifier === undefined ? "" : ` PASSWORD ${client.escapeLiteral(verifier)}`;

export async function createRole(client: Client, name: string, verifier: string | undefined): Promise<void> {
  await client.query(
    `CREATE ROLE ${client.escapeIdentifier(name)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION${toPassword(client, verifier)}`,
  );
}

export async function setPassword(client: Client, name: string, verifier: string): Promise<void> {
  await client.query(`ALTER ROLE ${client.escapeIdentifier(name)}${toPassword(client, verifier)}`);
}

/** An owner that is no superuser may give things to a role only as a member of it. */
export async function joinRole(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ isMember: boolean }>(
    `SELECT pg_has_role(current_user, $1::name, 'USAGE') AS "isMember"`,
    [name],
  );
  if (!rows[0]?.isMember) await client.query(`GRANT ${client.escapeIdentifier(name)} TO CURRENT_USER`);
}

/** Runs what a query answers: statements that the database made of its own names. */
async function runAll(client: Client, statements: string, values: unknown[]): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(statements, values);
  if (rows.length > 0) await client.query(rows.map(({ statement }) => statement).join("; "));
}

/** By default everybody may connect. */
export async function letConnect(client: Client, name: string): Promise<void> {
  await runAll(
    client,
    `SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1::name) AS statement
      WHERE NOT has_database_privilege($1::name, current_database(), 'CONNECT')`,
    [name],
  );
}

/** Changes only what differs from how it should be: at most starts nothing. */
export async function giveRights(client: Client, name: string): Promise<void> {
  const closed = [...APPEND_ONLY, BOOKKEEPING];
  await runAll(client, OWNERSHIP, [name, OWN_SCHEMAS]);
  await runAll(client, REVOKES, [name, closed]);
  await runAll(client, GRANTS, [name, closed, APPEND_FUNCTIONS]);
}

/**
 * A superuser's statements run whatever code hangs on the tables they touch: the role therefore owns no table in `public`, may put no
 * trigger on one and may create nothing there.
 */
const GRANTS = `
  WITH own AS (SELECT oid, relname, relkind FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND pg_has_role(current_user, relowner, 'MEMBER')),
       wanted AS (
         SELECT oid, relname, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']
                                     || CASE WHEN current_setting('server_version_num')::int >= 170000
                                             THEN ARRAY['MAINTAIN'] ELSE '{}' END) AS privilege
           FROM own WHERE relkind IN ('r', 'p') AND relname <> ALL ($2::name[])
         UNION ALL
         SELECT oid, relname, 'SELECT' FROM own WHERE relname = ANY ($2::name[]) OR relkind IN ('v', 'm'))
  SELECT format('GRANT USAGE ON SCHEMA public TO %I', $1::name) AS statement
   WHERE NOT has_schema_privilege($1::name, 'public', 'USAGE')
  UNION ALL
  SELECT format('GRANT %s ON public.%I TO %I', string_agg(privilege, ', '), relname, $1::name)
    FROM wanted WHERE NOT has_table_privilege($1::name, oid, privilege) GROUP BY relname
  UNION ALL
  SELECT format('GRANT ALL ON SEQUENCE public.%I TO %I', relname, $1::name)
    FROM own WHERE CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege($1::name, oid, 'USAGE') END
  UNION ALL
  SELECT format('GRANT EXECUTE ON FUNCTION public.%s TO %I', signature, $1::name)
    FROM unnest($3::text[]) AS signature
   WHERE to_regprocedure('public.' || signature) IS NOT NULL
     AND NOT has_function_privilege($1::name, to_regprocedure('public.' || signature), 'EXECUTE')`;

const REVOKES = `
  SELECT format('REVOKE ALL ON public.%I FROM PUBLIC, %I', relname, $1::name) AS statement
    FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relname = ANY ($2::name[])
     AND (has_table_privilege($1::name, oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
          OR has_any_column_privilege($1::name, oid, 'INSERT, UPDATE, REFERENCES'))`;

/** Data of earlier releases belongs to the owner: tables, types and functions are handed over one by one, as there is no other way. */
const OWNERSHIP = `
  WITH own AS (SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname = ANY ($2::name[])),
       app AS (SELECT oid FROM pg_roles WHERE rolname = $1::name)
  SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, $1::name) AS statement
    FROM own, app WHERE nspowner <> app.oid
  UNION ALL
  SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, $1::name)
    FROM pg_class AS c JOIN own ON c.relnamespace = own.oid, app
   WHERE c.relowner <> app.oid
     AND (c.relkind IN ('r', 'p', 'v', 'm')
          OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
                                                AND deptype IN ('a', 'i') AND refclassid = 'pg_class'::regclass))
  UNION ALL
  SELECT format('ALTER TYPE %s OWNER TO %I', t.oid::regtype, $1::name)
    FROM pg_type AS t JOIN own ON t.typnamespace = own.oid, app
   WHERE t.typowner <> app.oid AND t.typtype IN ('e', 'd')
  UNION ALL
  SELECT format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, $1::name)
    FROM pg_proc AS p JOIN own ON p.pronamespace = own.oid, app
   WHERE p.proowner <> app.oid`;
