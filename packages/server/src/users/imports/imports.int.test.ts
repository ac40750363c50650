import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, refusalOf, testIds } from "../../desk.fixture.ts";
import type { Principal } from "../../trpc/context.ts";
import { ATTEMPTS, type ChunkJob } from "./chunks.ts";
import { inParts, openImportDesk, toFile, type ImportDesk } from "./imports.fixture.ts";
import type { ImportProblem, UserImport } from "./imports.schema.ts";
import { sweepImports } from "./recover.ts";
import { storeImport } from "./store.job.ts";

let desk: ImportDesk;
let owner: Principal;
let admin: Principal;
beforeAll(async () => {
  desk = await openImportDesk();
  owner = await desk.addPerson("owner");
  admin = await desk.addPerson("admin");
});
afterAll(() => desk[Symbol.asyncDispose]());

const upload = (content: string, by = admin): Promise<UserImport> =>
  desk.imports.upload(by, {
    fileName: "people.csv",
    body: inParts(content),
    mapping: undefined,
    signal: new AbortController().signal,
  });

async function readProblems(id: string): Promise<ImportProblem[]> {
  const all: ImportProblem[] = [];
  let cursor: string | undefined;
  do {
    const page = await desk.as(admin).users.imports.problems({ id, limit: 5, cursor });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return all;
}

/** Uploads, checks and stores. */
async function store(content: string, by = admin): Promise<UserImport> {
  const { id } = await upload(content, by);
  await desk.untilState(id, "ready");
  await desk.as(by).users.imports.start({ id });
  return desk.untilState(id, "done");
}

test("a dry run of 10,000 rows names the 14 bad ones, storing makes 9,986 people, and undo removes exactly those", async () => {
  const bystander = await desk.as(admin).users.create({ email: "p77@many.example", name: "Was here before" });
  await desk.as(admin).users.create({ email: "taken@many.example", name: "Too" });
  const bad: Record<number, string> = {
    3: "nobody,No Address,viewer",
    10: "a b@many.example,Blank,viewer",
    11: "@many.example,No Local Part,viewer",
    500: ",Nameless,viewer",
    501: `long@many.example,${"x".repeat(121)},viewer`,
    502: "boss@many.example,Boss,boss",
    1000: "root@many.example,Root,root",
    1001: "owner@many.example,Owner,owner",
    2500: "P20@MANY.example,Again,viewer",
    2501: "p20@many.example,And again,viewer",
    7000: " p30@many.example ,Nine,viewer",
    9000: "Taken@many.example,Taken,viewer",
    10_001: "last@many.example,Too,viewer,many",
  };
  const before = await desk.countPeople("many.example");
  const uploaded = await upload(toFile("many.example", 10_000, bad));
  expect(uploaded).toMatchObject({
    fileName: "people.csv",
    state: "checking",
    columns: ["email", "name", "role"],
    mapping: { email: 0, name: 1, role: 2, defaultRole: "viewer" },
    totalRows: 10_000,
    createdByEmail: admin.email,
  });
  expect(uploaded.sample[0]).toEqual(["p0@many.example", "Person 0", "viewer"]);
  expect(uploaded.sample).toHaveLength(5);

  const checked = await desk.untilState(uploaded.id, "ready");
  expect(checked).toMatchObject({ checkedRows: 10_000, problemRows: 14, importedRows: 0 });
  expect(await desk.countPeople("many.example")).toBe(before);
  const problems = await readProblems(uploaded.id);
  expect(problems.map(({ line, problem }) => [line, problem])).toEqual([
    [3, "“nobody” is no e-mail address."],
    [10, "“a b@many.example” is no e-mail address."],
    [11, "“@many.example” is no e-mail address."],
    [79, "A person with this address exists already."],
    [500, "The e-mail address is missing."],
    [501, "The name is longer than 120 characters."],
    [502, "There is no role “boss”. Roles are viewer, operator, admin, owner."],
    [1000, "There is no role “root”. Roles are viewer, operator, admin, owner."],
    [1001, "The role owner is above admin, the highest that this import may give."],
    [2500, "The address stands on line 22 already."],
    [2501, "The address stands on line 22 already."],
    [7000, "The address stands on line 32 already."],
    [9000, "A person with this address exists already."],
    [10_001, "This line has 4 cells, the header 3. Check its quotes and delimiters."],
  ]);
  expect(problems[2]?.cells).toEqual(["@many.example", "No Local Part", "viewer"]);

  await desk.as(admin).users.imports.start({ id: uploaded.id });
  const done = await desk.untilState(uploaded.id, "done");
  expect(done).toMatchObject({ problemRows: 14, importedRows: 9986, problem: null });
  expect(done.undoUntil).not.toBeNull();
  expect(await desk.countPeople("many.example")).toBe(before + 9986);
  const later = await desk.as(admin).users.create({ email: "later@many.example", name: "Came after" });

  await desk.as(admin).users.imports.undo({ id: uploaded.id, reason: "The wrong file." });
  const undone = await desk.untilState(uploaded.id, "undone");
  expect(undone).toMatchObject({ importedRows: 9986, undoneRows: 9986, problemRows: 14, undoUntil: null });
  expect(await desk.countPeople("many.example")).toBe(before + 1);
  for (const { id } of [bystander, later]) expect(await desk.as(admin).users.get({ id })).toMatchObject({ id });

  const { items } = await desk.as(admin).audit.list({ targetId: uploaded.id });
  expect(items.map(({ action, via }) => [action, via])).toEqual([
    ["users.import.undone", "system"],
    ["users.imports.undo", "session"],
    ["users.import.stored", "system"],
    ["users.imports.start", "session"],
  ]);
  expect(items[0]?.after).toMatchObject({ undoneRows: 9986, undoneBy: admin.email });
  expect(items[1]).toMatchObject({ targetType: "import", reason: "The wrong file." });
  expect(items[2]?.after).toMatchObject({ importedRows: 9986, createdBy: admin.email });
});

describe("users.import", () => {
  test("a file in the call is checked, and with dryRun false stored without further ado", async () => {
    const csv = "Mail;Full Name\r\nann@inline.example;Ann\r\nbo@inline.example;\r\nnobody;Nobody\r\n";
    const dry = await desk.as(admin).users.import({ csv, fileName: "inline.csv" });
    expect(await desk.untilState(dry.id, "ready")).toMatchObject({ totalRows: 3, problemRows: 1 });
    const { id } = await desk.as(admin).users.import({ csv, dryRun: false });
    expect(await desk.untilState(id, "done")).toMatchObject({ importedRows: 2, problemRows: 1 });
    const { items } = await desk.as(admin).users.list({ search: "bo@inline" });
    expect(items).toMatchObject([{ email: "bo@inline.example", name: "bo", role: "viewer" }]);
    const [event] = (await desk.as(admin).audit.list({ action: "users.import", targetId: id })).items.slice(-1);
    expect(event).toMatchObject({ targetType: "import", after: { totalRows: 3, dryRun: false } });
  });

  test("it takes an upload on whose columns say nothing by themselves", async () => {
    const refusal = await refusalOf(upload("who,what\nx,ann@given.example\ny,bo@given.example\n"));
    expect(refusal).toMatchObject({ code: "IMPORT_COLUMNS", details: { columns: ["who", "what"] } });
    const id = String(refusal.details?.["importId"]);
    expect(await desk.imports.get(id)).toMatchObject({ state: "failed", mapping: null, totalRows: 2 });
    expect(await codeOf(desk.as(admin).users.import({ uploadId: id }))).toBe("IMPORT_COLUMNS");
    const mapping = { email: 1, name: 0, role: null, defaultRole: "operator" } as const;
    await desk.as(admin).users.import({ uploadId: id, mapping, dryRun: false });
    expect(await desk.untilState(id, "done")).toMatchObject({ importedRows: 2, mapping });
    const { items } = await desk.as(admin).users.list({ search: "ann@given" });
    expect(items).toMatchObject([{ name: "x", role: "operator" }]);
  });

  test("it takes an upload on as it is", async () => {
    const { id } = await upload(toFile("asis.example", 3));
    await desk.as(admin).users.import({ uploadId: id, dryRun: false });
    expect(await desk.untilState(id, "done")).toMatchObject({ importedRows: 3 });
    expect(await codeOf(desk.as(admin).users.import({ uploadId: id }))).toBe("IMPORT_STATE");
  });

  test("either a file or an upload, with columns that the file has", async () => {
    expect(await codeOf(desk.as(admin).users.import({ uploadId: admin.userId }))).toBe("IMPORT_NOT_FOUND");
    await expect(desk.as(admin).users.import({})).rejects.toThrow();
    const mapping = { email: 2, name: null, role: null, defaultRole: "viewer" } as const;
    expect(await codeOf(desk.as(admin).users.import({ csv: "a,b\n1,2\n", mapping }))).toBe("IMPORT_COLUMNS");
  });

  test("a file without rows, or that is no CSV, leaves nothing behind", async () => {
    const before = (await desk.as(admin).users.imports.list({})).items.length;
    expect(await codeOf(desk.as(admin).users.import({ csv: "email,name\r\n\r\n" }))).toBe("IMPORT_EMPTY");
    expect(await codeOf(desk.as(admin).users.import({ csv: " \n\n" }))).toBe("IMPORT_EMPTY");
    expect(await codeOf(desk.as(admin).users.import({ csv: 'email\na@b.co\n"open\n' }))).toBe("IMPORT_UNREADABLE");
    expect(await codeOf(upload(`email\n${"x".repeat(20_000)}\n`))).toBe("IMPORT_TOO_WIDE");
    expect((await desk.as(admin).users.imports.list({})).items).toHaveLength(before);
  });
});

test("an upload that is cut off has failed and keeps no rows", async () => {
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(toFile("cut.example", 3000));
    throw new Error("aborted");
  }
  const signal = new AbortController().signal;
  await expect(
    desk.imports.upload(admin, { fileName: "cut.csv", body: cut(), mapping: undefined, signal }),
  ).rejects.toThrow("aborted");
  const found = (await desk.as(admin).users.imports.list({ limit: 1 })).items[0];
  expect(found).toMatchObject({ fileName: "cut.csv", state: "failed", totalRows: 0 });
  expect(found?.problem).toContain("cut off");
  const { rows } = await desk.database.pool.query("SELECT FROM user_import_row WHERE import_id = $1", [found?.id]);
  expect(rows).toHaveLength(0);
  expect(await codeOf(desk.as(admin).users.imports.start({ id: found?.id ?? "" }))).toBe("IMPORT_STATE");
});

test("another mapping is checked afresh, and forgets what was wrong before", async () => {
  const { id } = await upload("email,other,role\nann@a.map.example,ann@b.map.example,x\nbo@a.map.example,nobody,x\n");
  expect(await desk.untilState(id, "ready")).toMatchObject({ problemRows: 2 });
  const mapping = { email: 1, name: null, role: null, defaultRole: "viewer" } as const;
  await desk.as(admin).users.imports.map({ id, mapping });
  expect(await desk.untilState(id, "ready")).toMatchObject({ problemRows: 1, checkedRows: 2, mapping });
  expect(await readProblems(id)).toMatchObject([{ line: 3, problem: "“nobody” is no e-mail address." }]);
  const far = { ...mapping, email: 3 };
  expect(await codeOf(desk.as(admin).users.imports.map({ id, mapping: far }))).toBe("IMPORT_COLUMNS");
  const high = { ...mapping, defaultRole: "owner" as const };
  expect(await codeOf(desk.as(admin).users.imports.map({ id, mapping: high }))).toBe("ROLE_ABOVE_OWN");
});

describe("at the border of a chunk", () => {
  /** Holds the chunk that stores this address until it is let go, as somebody would who makes a person with it and thinks better. */
  async function holdChunk(email: string): Promise<{ letGo(): Promise<void> }> {
    const client = await desk.database.pool.connect();
    await client.query("BEGIN");
    await client.query("INSERT INTO users (id, email, name) VALUES ($1, $2, 'Held')", [
      admin.userId.replace(/^./, "f"),
      email,
    ]);
    return {
      letGo: async () => {
        await client.query("ROLLBACK");
        client.release();
      },
    };
  }

  /** Resolves once a statement like this waits for a lock. */
  const untilWaiting = (statement: string): Promise<void> =>
    expect
      .poll(
        async () => {
          const { rows } = await desk.database.pool.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1",
            [statement],
          );
          return rows.length;
        },
        { interval: 5, timeout: 10_000 },
      )
      .toBeGreaterThan(0);

  /** Starts an import of 1,500 people and stops it within its second chunk; `act` is then waiting for that chunk. */
  async function actWithinSecondChunk(domain: string, act: (id: string) => Promise<UserImport>): Promise<UserImport> {
    const { id } = await upload(toFile(domain, 1500));
    await desk.untilState(id, "ready");
    const held = await holdChunk(`p700@${domain}`);
    await desk.as(admin).users.imports.start({ id });
    await untilWaiting("INSERT INTO users %unnest%");
    expect(await desk.imports.get(id)).toMatchObject({ state: "running", importedRows: 500 });
    const acting = act(id);
    await untilWaiting("SELECT pg_advisory_xact_lock%");
    await held.letGo();
    return acting;
  }

  test("pause stops behind the chunk under way, and resume stores the rest exactly once", async () => {
    const { imports } = desk.as(admin).users;
    const paused = await actWithinSecondChunk("pause.example", (id) => imports.pause({ id }));
    expect(paused).toMatchObject({ state: "paused", importedRows: 1000, undoUntil: null });
    expect(await desk.countPeople("pause.example")).toBe(1000);
    expect(await codeOf(imports.pause({ id: paused.id }))).toBe("IMPORT_STATE");
    expect(await imports.resume({ id: paused.id })).toMatchObject({ state: "running" });
    expect(await desk.untilState(paused.id, "done")).toMatchObject({ importedRows: 1500, problemRows: 0 });
    expect(await desk.countPeople("pause.example")).toBe(1500);
  });

  test("abort keeps what is stored and says how much, and undo then removes it", async () => {
    const { imports } = desk.as(admin).users;
    const aborted = await actWithinSecondChunk("abort.example", (id) => imports.abort({ id }));
    expect(aborted).toMatchObject({
      state: "aborted",
      importedRows: 1000,
      problem: "Aborted: 1000 people are stored, 500 rows are not.",
    });
    expect(aborted.undoUntil).not.toBeNull();
    expect(await codeOf(imports.resume({ id: aborted.id }))).toBe("IMPORT_STATE");
    expect(await desk.countPeople("abort.example")).toBe(1000);
    await imports.undo({ id: aborted.id });
    expect(await desk.untilState(aborted.id, "undone")).toMatchObject({ undoneRows: 1000 });
    expect(await desk.countPeople("abort.example")).toBe(0);
  });

  test("a paused import is undone, too", async () => {
    const { imports } = desk.as(admin).users;
    const { id } = await actWithinSecondChunk("halfway.example", (one) => imports.pause({ id: one }));
    await imports.undo({ id });
    expect(await desk.untilState(id, "undone")).toMatchObject({ undoneRows: 1000 });
    expect(await desk.countPeople("halfway.example")).toBe(0);
  });

  test("an address that is taken between check and store becomes a problem of its row", async () => {
    const { id } = await upload(toFile("since.example", 3));
    await desk.untilState(id, "ready");
    await desk.as(admin).users.create({ email: "p1@since.example", name: "Quicker" });
    await desk.as(admin).users.imports.start({ id });
    expect(await desk.untilState(id, "done")).toMatchObject({ importedRows: 2, problemRows: 1 });
    expect(await readProblems(id)).toMatchObject([
      { line: 3, problem: "Somebody else has taken this address since the check." },
    ]);
  });
});

describe("two at once", () => {
  test("imports that share addresses both end with exact counts", async () => {
    const [one, two] = await Promise.all([
      upload(toFile("both.example", 2000)),
      upload(toFile("both.example", 3000).replaceAll("Person", "Other")),
    ]);
    await Promise.all([one, two].map(({ id }) => desk.untilState(id, "ready")));
    await Promise.all([one, two].map(({ id }) => desk.as(admin).users.imports.start({ id })));
    const done = await Promise.all([one, two].map(({ id }) => desk.untilState(id, "done")));
    expect(done.map(({ importedRows, problemRows }) => importedRows + problemRows)).toEqual([2000, 3000]);
    expect(done.reduce((sum, { importedRows }) => sum + importedRows, 0)).toBe(3000);
    expect(await desk.countPeople("both.example")).toBe(3000);
    await Promise.all([one, two].map(({ id }) => desk.as(admin).users.imports.undo({ id })));
    await Promise.all([one, two].map(({ id }) => desk.untilState(id, "undone")));
    expect(await desk.countPeople("both.example")).toBe(0);
  });

  test("starts of one import make one job", async () => {
    const { id } = await upload(toFile("once.example", 600));
    await desk.untilState(id, "ready");
    const starts = await Promise.allSettled(
      Array.from({ length: 5 }, () => desk.as(admin).users.imports.start({ id })),
    );
    expect(starts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await desk.untilState(id, "done");
    const { rows } = await desk.database.pool.query(
      "SELECT FROM pgboss.job WHERE group_id = 'users.store-import' AND data->'input'->>'importId' = $1",
      [id],
    );
    expect(rows).toHaveLength(1);
  });
});

describe("rights", () => {
  test("viewers and operators are refused", async () => {
    const { id } = await upload(toFile("rights.example", 1));
    for (const role of ["viewer", "operator"] as const) {
      const { users } = desk.as(await desk.addPerson(role));
      const calls = [
        users.import({ csv: "email\na@b.co\n" }),
        users.imports.list({}),
        users.imports.get({ id }),
        users.imports.problems({ id }),
        users.imports.start({ id }),
        users.imports.abort({ id }),
        users.imports.undo({ id }),
      ];
      expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => "RIGHT_MISSING"));
    }
  });

  test("undo asks who was not verified lately to prove who they are", async () => {
    const { id } = await store(toFile("stepup.example", 1));
    expect(await codeOf(desk.as({ ...admin, isVerified: false }).users.imports.undo({ id }))).toBe("STEP_UP_REQUIRED");
  });

  test("nobody touches the import of a higher rank, and an admin makes no owners of it", async () => {
    const { id } = await upload("email,role\no@rank.example,owner\n", owner);
    expect(await desk.untilState(id, "ready")).toMatchObject({ problemRows: 0 });
    const { imports } = desk.as(admin).users;
    expect(await codeOf(imports.start({ id }))).toBe("RANK_TOO_LOW");
    expect(await codeOf(imports.abort({ id }))).toBe("RANK_TOO_LOW");
    expect(await codeOf(desk.as(admin).users.import({ uploadId: id, dryRun: false }))).toBe("RANK_TOO_LOW");
    await desk.as(owner).users.imports.start({ id });
    await desk.untilState(id, "done");
    expect(await codeOf(imports.undo({ id }))).toBe("RANK_TOO_LOW");
  });

  test("roles count as they are when people are stored: whoever is demoted gives less", async () => {
    const second = await desk.addPerson("owner");
    const { id } = await upload("email,role\na@less.example,owner\nb@less.example,admin\n", second);
    expect(await desk.untilState(id, "ready")).toMatchObject({ problemRows: 0 });
    await desk.as(owner).users.setRole({ id: second.userId, role: "admin" });
    await desk.as(owner).users.imports.start({ id });
    expect(await desk.untilState(id, "done")).toMatchObject({ importedRows: 1, problemRows: 1 });
    expect(await readProblems(id)).toMatchObject([{ line: 2 }]);
  });

  test.each(["suspended", "deleted", "demoted"] as const)(
    "the import of somebody who was %s fails and says so",
    async (how) => {
      const other = await desk.addPerson("admin");
      const { id } = await upload(toFile(`${how}.example`, 10), other);
      await desk.untilState(id, "ready");
      const { users } = desk.as(owner);
      if (how === "suspended") await users.suspend({ id: other.userId });
      else if (how === "deleted") await users.delete({ id: other.userId });
      else await users.setRole({ id: other.userId, role: "operator" });
      await users.imports.start({ id });
      const failed = await desk.untilState(id, "failed");
      expect(failed).toMatchObject({ importedRows: 0 });
      expect(failed.problem).toContain(other.email);
      expect(await desk.countPeople(`${how}.example`)).toBe(0);
    },
  );

  test("an import that failed for its importer goes on once they are back", async () => {
    const other = await desk.addPerson("admin");
    const { id } = await upload(toFile("back.example", 10), other);
    await desk.untilState(id, "ready");
    await desk.as(owner).users.suspend({ id: other.userId });
    await desk.as(owner).users.imports.start({ id });
    await desk.untilState(id, "failed");
    await desk.as(owner).users.restore({ id: other.userId });
    await desk.as(owner).users.imports.resume({ id });
    expect(await desk.untilState(id, "done")).toMatchObject({ importedRows: 10, problem: null });
  });
});

describe("undo", () => {
  test("it keeps, and names, who rose above the undoer, who undoes, and who was deleted before", async () => {
    const file =
      "email,role\na@kept.example,admin\nb@kept.example,viewer\nc@kept.example,viewer\nd@kept.example,viewer\n";
    const { id } = await store(file, admin);
    const idOf = async (email: string): Promise<string> =>
      (await desk.as(owner).users.list({ search: email })).items[0]?.id ?? "";
    const userId = await idOf("a@kept.example");
    await desk.as(owner).users.setRole({ id: await idOf("b@kept.example"), role: "owner" });
    await desk.as(owner).users.delete({ id: await idOf("c@kept.example") });

    const self: Principal = { ...admin, userId, email: "a@kept.example" };
    await desk.as(self).users.imports.undo({ id });
    expect(await desk.untilState(id, "undone")).toMatchObject({ importedRows: 4, undoneRows: 1, problemRows: 3 });
    expect((await readProblems(id)).map(({ line, problem }) => [line, problem])).toEqual([
      [2, "a@kept.example was kept: nobody deletes themselves."],
      [3, "b@kept.example was kept: the role owner is above that of who undid the import."],
      [4, "This person had been deleted before the undo."],
    ]);
    expect(await desk.countPeople("kept.example")).toBe(2);
  });

  test("it takes sessions and keys along at once", async () => {
    const { id } = await store("email,role\na@gone.example,admin\n", owner);
    const found = (await desk.as(owner).users.list({ search: "a@gone.example" })).items[0];
    const self: Principal = { ...owner, role: "admin", userId: found?.id ?? "", email: "a@gone.example" };
    const { key } = await desk.as(self).access.keys.create({ name: "k", role: "admin" });
    const headers = { authorization: `Bearer ${key}` };
    expect(await desk.access.identify(headers)).toMatchObject({ userId: found?.id });
    await desk.as(owner).users.imports.undo({ id });
    await desk.untilState(id, "undone");
    expect(await codeOf(desk.access.identify(headers))).toBe("KEY_INVALID");
  });

  test("whoever lost their rank in the meantime undoes nothing", async () => {
    const other = await desk.addPerson("admin");
    const { id } = await store(toFile("lost.example", 3));
    await desk.as(owner).users.suspend({ id: other.userId });
    await desk.as(other).users.imports.undo({ id });
    expect((await desk.untilState(id, "failed")).problem).toContain("suspended");
    expect(await desk.countPeople("lost.example")).toBe(3);
    await desk.as(admin).users.imports.undo({ id });
    expect(await desk.untilState(id, "undone")).toMatchObject({ undoneRows: 3 });
  });

  test("after seven days it is refused, and the rows go while the import stays", async () => {
    const { id } = await store(toFile("old.example", 3));
    await desk.database.pool.query(
      "UPDATE user_import SET finished_at = finished_at - interval '7 days' WHERE id = $1",
      [id],
    );
    expect(await codeOf(desk.as(admin).users.imports.undo({ id }))).toBe("IMPORT_TOO_OLD");
    expect(await desk.imports.get(id)).toMatchObject({ undoUntil: null, sample: [{}, {}, {}] });
    await sweepImports(desk.database.pool, new AbortController().signal);
    expect(await desk.imports.get(id)).toMatchObject({ state: "done", importedRows: 3, sample: [] });
    expect(await desk.countPeople("old.example")).toBe(3);
  });
});

describe("upkeep", () => {
  test("an upload whose process went away fails, and what nobody goes on with is aborted", async () => {
    const { pool } = desk.database;
    const stale = await upload(toFile("stale.example", 3));
    const forgotten = await upload(toFile("forgotten.example", 3));
    await Promise.all([stale, forgotten].map(({ id }) => desk.untilState(id, "ready")));
    await pool.query(
      "UPDATE user_import SET state = 'uploading', created_at = now() - interval '16 min' WHERE id = $1",
      [stale.id],
    );
    await pool.query("UPDATE user_import SET created_at = now() - interval '8 days' WHERE id = $1", [forgotten.id]);
    await desk.imports.start(new AbortController().signal);
    await desk.imports.stop();
    await sweepImports(desk.database.pool, new AbortController().signal);
    expect(await desk.imports.get(stale.id)).toMatchObject({ state: "failed", totalRows: 0, sample: [] });
    expect(await desk.imports.get(forgotten.id)).toMatchObject({ state: "aborted" });
  });

  test("a start gives imports another job whose own is gone, and says where it took over", async () => {
    const { id } = await upload(toFile("recover.example", 20));
    await desk.untilState(id, "ready");
    await desk.database.pool.query(
      "UPDATE user_import SET state = 'running', started_at = now(), imported_rows = 7, job_id = gen_random_uuid() WHERE id = $1",
      [id],
    );
    await desk.imports.start(new AbortController().signal);
    await desk.imports.stop();
    const done = await desk.untilState(id, "done");
    expect(done.problem).toMatch(/^Interrupted at row 7; went on at \d{4}-\d\d-\d\dT[\d:.]+Z\.$/);
    expect(await desk.countPeople("recover.example")).toBe(20);
  });

  test("a job that somebody cancels leaves a paused import, not a restarted one", async () => {
    const { id } = await upload(toFile("cancel.example", 20));
    await desk.untilState(id, "ready");
    const { id: jobId } = await desk.queue.enqueue({
      name: "users.store-import",
      input: { importId: id },
      delayMs: 60_000,
    });
    await desk.database.pool.query("UPDATE user_import SET state = 'running', job_id = $2 WHERE id = $1", [id, jobId]);
    await desk.queue.cancel(jobId);
    await desk.imports.start(new AbortController().signal);
    await desk.imports.stop();
    expect(await desk.imports.get(id)).toMatchObject({ state: "paused" });
    await desk.as(admin).users.imports.resume({ id });
    expect(await desk.untilState(id, "done")).toMatchObject({ importedRows: 20, problem: null });
  });

  test("a job that an operator enqueues by hand does nothing", async () => {
    const { id } = await upload(toFile("byhand.example", 20));
    await desk.untilState(id, "ready");
    await runUnder(id, testIds.uuid());
    const { id: jobId } = await desk.queue.enqueue({ name: "users.store-import", input: { importId: id } });
    expect(await desk.queue.result({ id: jobId, waitMs: 10_000 })).toMatchObject({
      output: { state: "running", importedRows: 0 },
    });
  });

  test("a job that was taken over while it still runs stores nothing twice", async () => {
    const { id } = await upload(toFile("twice.example", 3000));
    await desk.untilState(id, "ready");
    const jobId = testIds.uuid();
    await runUnder(id, jobId);
    await Promise.all([1, 1].map((attempt) => storeImport(toJob(id, jobId, attempt), storeDeps())));
    expect(await desk.imports.get(id)).toMatchObject({ state: "done", importedRows: 3000, problemRows: 0 });
    expect(await desk.countPeople("twice.example")).toBe(3000);
  });

  test("it has failed once the last attempt has, and not before", async () => {
    const { id } = await upload(toFile("giveup.example", 20));
    await desk.untilState(id, "ready");
    const jobId = testIds.uuid();
    await runUnder(id, jobId);
    // Any failure will do: this one is the same every time.
    await desk.database.pool.query("UPDATE user_import SET mapping = NULL WHERE id = $1", [id]);
    await expect(storeImport(toJob(id, jobId, ATTEMPTS - 1), storeDeps())).rejects.toThrow("without a mapping");
    expect(await desk.imports.get(id)).toMatchObject({ state: "running" });
    await expect(storeImport(toJob(id, jobId, ATTEMPTS), storeDeps())).rejects.toThrow("without a mapping");
    expect(await desk.imports.get(id)).toMatchObject({ state: "failed" });
  });

  /** As if this job had just been given to it. */
  async function runUnder(id: string, jobId: string): Promise<void> {
    await desk.database.pool.query(
      "UPDATE user_import SET state = 'running', started_at = now(), job_id = $2 WHERE id = $1",
      [id, jobId],
    );
  }

  const storeDeps = () => ({ ids: testIds, audit: desk.audit.sink });
  const toJob = (importId: string, jobId: string, attempt: number): ChunkJob => ({
    pool: desk.database.pool,
    importId,
    context: { jobId, attempt, signal: new AbortController().signal, progress: () => undefined },
  });
});
