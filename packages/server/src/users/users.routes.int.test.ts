import { createFakeClock } from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDesk, type Desk } from "../desk.fixture.ts";
import type { FileRoute } from "../middleware/file-route.ts";
import type { AuditNote, Principal } from "../trpc/context.ts";
import type { User } from "./users.schema.ts";
import { createUserRoutes } from "./users.routes.ts";

const MANY = 4500;
let desk: Desk;
let admin: Principal;
let route: FileRoute;
beforeAll(async () => {
  desk = await openDesk();
  admin = await desk.addPerson("admin");
  const people = Array.from({ length: MANY }, (_, index) => ({
    email: `p${index}@many.example`,
    name: `Many ${index}`,
  }));
  await desk.as(admin).users.bulkCreate({ users: people });
  const [found] = createUserRoutes(desk.users, createFakeClock(new Date("2026-03-04T23:59:00Z")));
  if (!found) throw new Error("There is no route.");
  route = found;
});
afterAll(() => desk[Symbol.asyncDispose]());

async function ask(fields: Record<string, string>, signal = new AbortController().signal) {
  const notes: AuditNote[] = [];
  const answer = await route.handle({
    principal: admin,
    input: route.input.parse(fields),
    body: (async function* () {})(),
    signal,
    note: (note) => void notes.push(note),
  });
  if (answer.kind !== "download") throw new Error("It is no download.");
  return { ...answer, chunks: answer.chunks as AsyncIterable<string>, notes };
}

async function readAll(chunks: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk;
  return text;
}

const toPeople = (text: string): User[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as User);

describe("the export as a file", () => {
  test("holds everybody once, under a dated name, and says in the log what it was", async () => {
    const { chunks, notes, ...answer } = await ask({ format: "csv", search: "many" });
    expect(answer).toEqual({
      kind: "download",
      mediaType: "text/csv; charset=utf-8",
      fileName: "people-2026-03-04.csv",
    });
    const lines = (await readAll(chunks)).trimEnd().split("\r\n");
    expect(lines[0]).toBe("id,email,name,role,status,createdAt,lastSeenAt");
    expect(new Set(lines.slice(1).map((line) => line.split(",")[1])).size).toBe(MANY);
    expect(lines).toHaveLength(MANY + 1);
    expect(notes.at(-1)).toEqual({ after: { format: "csv", search: "many", rows: MANY } });
  });

  test("has nobody twice and nobody new when people come and go while it is read", async () => {
    const { chunks, notes } = await ask({ format: "ndjson", search: "many" });
    const read: User[] = [];
    const gone: string[] = [];
    for await (const chunk of chunks) {
      read.push(...toPeople(chunk));
      await desk.as(admin).users.create({ email: `late${read.length}@many.example`, name: "Many late" });
      const { rows } = await desk.database.pool.query<{ id: string }>(
        "DELETE FROM users WHERE id = (SELECT id FROM users WHERE email LIKE 'p%' ORDER BY created_at, id LIMIT 1) RETURNING id",
      );
      gone.push(...rows.map(({ id }) => id));
    }
    expect(gone).toHaveLength(3);
    const ids = read.map(({ id }) => id);
    // The last one went when the last page was read already.
    expect(ids).toHaveLength(MANY - 2);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toEqual(expect.arrayContaining([gone[0]]));
    expect(read.filter(({ name }) => name === "Many late")).toEqual([]);
    expect(notes.at(-1)).toMatchObject({ after: { rows: MANY - 2 } });
  });

  test("ends before the next page when its reader leaves, and the log has how far it came", async () => {
    const leaving = new AbortController();
    const { chunks, notes } = await ask({ format: "ndjson" }, leaving.signal);
    const iterator = chunks[Symbol.asyncIterator]();
    await iterator.next();
    leaving.abort(new Error("gone"));
    await expect(iterator.next()).rejects.toThrow("gone");
    expect(notes.at(-1)).toMatchObject({ after: { format: "ndjson", rows: 2000 } });
  });

  test("of nobody is a header and no line", async () => {
    const empty = await ask({ format: "csv", role: "owner" });
    expect(await readAll(empty.chunks)).toMatch(/^id,[^\n]*\r\n$/);
    expect(await readAll((await ask({ format: "ndjson", role: "owner" })).chunks)).toBe("");
  });

  test("refuses a filter it does not know, rather than to export everybody", () => {
    expect(route.input.safeParse({ rol: "owner" }).success).toBe(false);
    expect(route.input.safeParse({ role: "king" }).success).toBe(false);
    expect(route.input.safeParse({ format: "xlsx" }).success).toBe(false);
    expect(route.input.parse({ role: "owner" })).toEqual({ role: "owner", format: "csv" });
  });
});
