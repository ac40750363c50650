import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmptyDatabase, createTestDatabase } from "@switchboard/testing";
import { Client } from "pg";
import { expect, inject, test, vi } from "vitest";
import { startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";
import { openDatabase, type Database } from "./open-database.ts";

const NO_DATA_DIR = "/nonexistent";

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function withDatabase<T>(
  options: Partial<Parameters<typeof openDatabase>[0]>,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase({ dataDir: NO_DATA_DIR, ...options });
  try {
    return await use(database);
  } finally {
    await database.stop();
  }
}

const readRole = async ({ pool }: Database): Promise<string> =>
  (await pool.query<{ role: string }>("SELECT session_user AS role")).rows[0]?.role ?? "";

const append = (database: Database) =>
  database.pool.query("SELECT audit_append($1)", [
    JSON.stringify([{ id: crypto.randomUUID(), action: "test", outcome: "ok", via: "system" }]),
  ]);

test("the server reads the audit log, adds to it by its function, and does what it likes with other tables", async () => {
  await using made = await createTestDatabase();
  await withDatabase({ databaseUrl: made.url }, async (database) => {
    expect(await readRole(database)).toMatch(/^switchboard_app_[0-9a-f]{12}$/);
    await append(database);
    expect((await database.pool.query("SELECT seq, action FROM audit_event")).rows).toEqual([
      { seq: "1", action: "test" },
    ]);
    const ann = { id: crypto.randomUUID(), email: "ann@example.com", name: "Ann" };
    await database.prisma.user.create({ data: ann });
    await database.prisma.user.update({ where: { id: ann.id }, data: { name: "Anna" } });
    await database.prisma.user.delete({ where: { id: ann.id } });
    await database.pool.query("ANALYZE users");
    await database.pool.query("TRUNCATE stat_error");
  });
});

const REFUSED = [
  "INSERT INTO audit_event (id, seq, at, action, outcome, via, hash) VALUES (gen_random_uuid(), 9, now(), 'x', 'ok', 'system', '')",
  "UPDATE audit_event SET action = 'x'",
  "DELETE FROM audit_event",
  "SET switchboard.audit_prune = 'on'; DELETE FROM audit_event",
  "TRUNCATE audit_event",
  "TRUNCATE audit_event CASCADE",
  "DROP TABLE audit_event",
  "ALTER TABLE audit_event DISABLE TRIGGER ALL",
  "ALTER TABLE audit_event OWNER TO CURRENT_USER",
  "DROP TRIGGER audit_event_append_only ON audit_event",
  "CREATE TRIGGER own BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
  "CREATE RULE own AS ON INSERT TO audit_event DO INSTEAD NOTHING",
  "GRANT ALL ON audit_event TO CURRENT_USER; DELETE FROM audit_event",
  "INSERT INTO audit_checkpoint (seq, hash, pruned) VALUES (1, '', 1)",
  "DELETE FROM audit_checkpoint",
  "SELECT audit_prune(29, 10, gen_random_uuid())",
  "DROP FUNCTION audit_append(jsonb)",
  "ALTER FUNCTION audit_prune(integer, integer, uuid) OWNER TO CURRENT_USER",
  "CREATE OR REPLACE FUNCTION audit_append(events jsonb) RETURNS void LANGUAGE sql AS ''",
  "CREATE FUNCTION public.sha256(text) RETURNS bytea LANGUAGE sql AS 'SELECT NULL::bytea'",
  "CREATE TRIGGER own BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
  "CREATE TABLE own (id int)",
  "CREATE SCHEMA own",
  "CREATE EXTENSION pg_trgm",
  "UPDATE _prisma_migrations SET finished_at = NULL",
  "SET ROLE postgres",
  "SET SESSION AUTHORIZATION postgres",
  "SET session_replication_role = replica",
  "GRANT postgres TO CURRENT_USER",
  "ALTER ROLE CURRENT_USER SUPERUSER",
  "CREATE ROLE other",
  "COPY users TO PROGRAM 'cat'",
  "SELECT pg_read_file('pg_hba.conf')",
  "ALTER SYSTEM SET fsync = off",
];

test("the role of the server is refused whatever would change the log, or make it the owner", async () => {
  await using made = await createTestDatabase();
  await withDatabase({ databaseUrl: made.url, poolSize: 1 }, async (database) => {
    await append(database);
    for (const sql of REFUSED) {
      const code = await database.pool.query(sql).then(
        () => "done",
        (error: { code: string }) => error.code,
      );
      expect(code, sql).toMatch(/^(42501|22023)$/);
    }
    expect((await database.pool.query("SELECT action FROM audit_event")).rows).toEqual([{ action: "test" }]);
  });
});

test.each([
  "UPDATE audit_event SET action = 'x'",
  "DELETE FROM audit_event",
  "TRUNCATE audit_event",
  "DELETE FROM audit_checkpoint",
])("a slip of the owner is refused as well: %s", async (sql) => {
  await using made = await createTestDatabase();
  await expect(withClient(made.url, (client) => client.query(sql))).rejects.toThrow("append-only");
});

test("the embedded server works under a login of its own, also in a folder that was made before there was one", async () => {
  const base = mkdtempSync(join(tmpdir(), "switchboard-role-"));
  chmodSync(base, 0o711);
  const dataDir = join(base, "data");
  try {
    await withDatabase({ dataDir }, async (database) => {
      expect(await readRole(database)).toBe("switchboard_app");
      expect(new URL(database.url).username).toBe("switchboard_app");
    });
    const postgres = await startEmbeddedPostgres({ dataDir });
    try {
      await withClient(postgres.urlOf("switchboard"), async (owner) => {
        // As releases left it under which the server was the owner itself.
        await owner.query(`
          DROP OWNED BY switchboard_app CASCADE; DROP ROLE switchboard_app; CREATE SCHEMA pgboss;
          CREATE TYPE pgboss.state AS ENUM ('made');
          CREATE TABLE pgboss.job (name text, state pgboss.state, id serial) PARTITION BY LIST (name);
          CREATE TABLE pgboss.one PARTITION OF pgboss.job FOR VALUES IN ('one');
          CREATE FUNCTION pgboss.clock() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'`);
      });
    } finally {
      await postgres.stop();
    }
    await withDatabase({ dataDir }, async ({ pool }) => {
      await pool.query(`
        CREATE TABLE pgboss.two PARTITION OF pgboss.job FOR VALUES IN ('two');
        ALTER TABLE pgboss.one ADD CHECK (name = 'one');
        ALTER TYPE pgboss.state ADD VALUE 'done';
        CREATE OR REPLACE FUNCTION pgboss.clock() RETURNS timestamptz LANGUAGE sql AS 'SELECT clock_timestamp()';
        DROP SCHEMA pgboss CASCADE`);
    });
  } finally {
    rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});

test("several processes that start at once on an empty database prepare one role", async () => {
  await using empty = await createEmptyDatabase();
  const open = () => withDatabase({ databaseUrl: empty.url }, readRole);
  const roles = await Promise.all([open(), open(), open()]);
  expect(new Set(roles).size).toBe(1);
});

test("a process that is given the address of the server's role takes it as it is", async () => {
  await using made = await createTestDatabase();
  await withDatabase({ databaseUrl: made.url }, async (first) => {
    const log = vi.fn();
    await withDatabase({ databaseUrl: first.url, log }, async (second) => {
      expect(await readRole(second)).toBe(await readRole(first));
      await append(second);
    });
    expect(log).not.toHaveBeenCalled();
  });
});

/** A login that owns a database, as managed servers give one. */
async function withOwner(rights: string, use: (url: string) => Promise<void>): Promise<void> {
  const { adminUrl } = inject("testPostgres");
  const name = `tenant_${randomBytes(4).toString("hex")}`;
  await withClient(adminUrl, async (admin) => {
    await admin.query(`CREATE ROLE ${name} LOGIN ${rights}`);
    await admin.query(`CREATE DATABASE ${name} OWNER ${name}`);
    try {
      const url = new URL(adminUrl);
      url.username = name;
      url.pathname = `/${name}`;
      await use(url.href);
    } finally {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  });
}

test("an owner who may create roles is separated without being a superuser", async () => {
  await withOwner("CREATEROLE", async (databaseUrl) => {
    for (const start of ["first", "second"]) {
      await withDatabase({ databaseUrl }, async (database) => {
        expect(await readRole(database), start).toMatch(/^switchboard_app_/);
        await append(database);
        await expect(database.pool.query("DELETE FROM audit_event")).rejects.toMatchObject({ code: "42501" });
        await database.pool.query(`CREATE TABLE pgboss.${start} (id int)`);
      });
    }
  });
});

test("an owner who may not create roles goes on by itself, and the reason is logged", async () => {
  await withOwner("", async (databaseUrl) => {
    const log = vi.fn();
    await withDatabase({ databaseUrl, log }, async (database) => {
      expect(await readRole(database)).toMatch(/^tenant_/);
      await append(database);
      await expect(database.pool.query("DELETE FROM audit_event")).rejects.toThrow("append-only");
    });
    expect(log).toHaveBeenCalledWith("database.role-not-separated", {
      reason: expect.stringContaining("permission denied to create role"),
    });
  });
});

test("a role of the same name that may do more is not used", async () => {
  await using made = await createTestDatabase();
  const role = await withDatabase({ databaseUrl: made.url }, readRole);
  await withClient(made.url, (owner) => owner.query(`GRANT postgres TO ${role}`));
  const log = vi.fn();
  await withDatabase({ databaseUrl: made.url, log }, async (database) =>
    expect(await readRole(database)).toBe("postgres"),
  );
  expect(log).toHaveBeenCalledWith("database.role-not-separated", { reason: expect.stringContaining(role) });
});

test("rights that somebody gave the role on the log are taken back at the next start", async () => {
  await using made = await createTestDatabase();
  const role = await withDatabase({ databaseUrl: made.url }, readRole);
  await withClient(made.url, (owner) => owner.query(`GRANT ALL ON audit_event TO ${role}`));
  await withDatabase({ databaseUrl: made.url }, async ({ pool }) => {
    await expect(pool.query("TRUNCATE audit_event")).rejects.toMatchObject({ code: "42501" });
    await pool.query("SELECT 1 FROM audit_event");
  });
});

test("where the server asks for passwords the role has one, which follows the owner's", async () => {
  const base = mkdtempSync(join(tmpdir(), "switchboard-password-"));
  chmodSync(base, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir: base });
  try {
    const admin = postgres.urlOf("postgres");
    await withClient(admin, async (client) => {
      await client.query("SET password_encryption = 'scram-sha-256'; ALTER ROLE postgres PASSWORD 'first one'");
      await client.query("CREATE DATABASE guarded");
      const { rows } = await client.query<{ path: string }>("SELECT current_setting('hba_file') AS path");
      const path = rows[0]?.path ?? "";
      writeFileSync(path, `local guarded all scram-sha-256\n${readFileSync(path, "utf8")}`);
      await client.query("SELECT pg_reload_conf()");
      await vi.waitFor(() => expect(withClient(postgres.urlOf("guarded"), () => Promise.resolve())).rejects.toThrow());
      const open = (password: string, use: (database: Database) => Promise<void>) => {
        const url = new URL(postgres.urlOf("guarded"));
        url.password = password;
        return withDatabase({ databaseUrl: url.href }, use);
      };
      let first = "";
      await open("first one", async (database) => {
        expect(await readRole(database)).toMatch(/^switchboard_app_/);
        first = new URL(database.url).password;
      });
      await open("first one", async ({ url }) => expect(new URL(url).password).toBe(first));
      await client.query("ALTER ROLE postgres PASSWORD 'second one'");
      await open("second one", async (database) => {
        expect(await readRole(database)).toMatch(/^switchboard_app_/);
        expect(new URL(database.url).password).not.toBe(first);
      });
    });
  } finally {
    await postgres.stop();
    rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});
