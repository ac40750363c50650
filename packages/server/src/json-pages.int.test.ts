import { rmSync } from "node:fs";
import { createTestDatabase, makeDataDir, ownerEnvironment, signInOwner, type Caller } from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { auditEventSchema, auditListInput } from "./audit/audit.schema.ts";
import { loadConfig } from "./config.ts";
import { defineJob } from "./define.ts";
import { createLogger } from "./platform/logger.ts";
import { jobsListInput, jobSummarySchema } from "./queue/queue.schema.ts";
import { createServer, type Server } from "./server.ts";
import { pageOf } from "./trpc/wire.ts";
import { userSchema, usersListInput } from "./users/users.schema.ts";

const ODD = ['"\\/', "\u0001\u001f\u007f\u2028", "王小明 👩‍👩‍👧", "x".repeat(120), '},{"id":"', "</script>"];

let server: Server;
let owner: Caller;
const disposals: (() => PromiseLike<void>)[] = [];

beforeAll(async () => {
  const database = await createTestDatabase();
  const dataDir = makeDataDir();
  const job = defineJob({
    name: "app.echo",
    input: z.object({ text: z.string() }),
    retry: { attempts: 1 },
    run: ({ input }) => {
      throw new Error(input.text);
    },
  });
  const environment = { PORT: "0", DATABASE_URL: database.url, SWITCHBOARD_DATA_DIR: dataDir, ...ownerEnvironment };
  server = createServer({ config: loadConfig(environment), logger: createLogger("silent"), jobs: [job] });
  disposals.push(
    () => server.stop(),
    () => database[Symbol.asyncDispose](),
    async () => rmSync(dataDir, { recursive: true }),
  );
  await server.start(new AbortController().signal);
  owner = await signInOwner({ url: server.origin() ?? "" });
});
afterAll(async () => {
  for (const dispose of disposals) await dispose();
});

interface List {
  readonly path: string;
  readonly page: z.ZodType<{ items: unknown[]; nextCursor: string | null }>;
  /** The same for callers in the process. */
  readonly read: (input: object) => Promise<{ items: unknown[]; nextCursor: string | null }>;
}

/** Each page over HTTP, held against the schema and against what callers in the process get; answers the items of all. */
async function readAll({ path, page, read }: List, input: object): Promise<unknown[]> {
  const items: unknown[] = [];
  let cursor: string | null = null;
  do {
    const asked: object = { ...input, ...(cursor === null ? {} : { cursor }) };
    const answer = await owner.query(path, asked);
    const expected = await read(asked);
    expect(answer.text).toBe(JSON.stringify({ result: { data: expected } }));
    expect(page.parse(answer.data())).toEqual(expected);
    items.push(...expected.items);
    cursor = expected.nextCursor;
  } while (cursor !== null);
  return items;
}

const people: List = {
  path: "users.list",
  page: pageOf(userSchema.strict()),
  read: (input) => server.features().users.list(usersListInput.parse(input)),
};
const events: List = {
  path: "audit.list",
  page: pageOf(auditEventSchema.strict()),
  read: (input) => server.features().audit.list(auditListInput.parse(input)),
};
const jobs: List = {
  path: "queue.jobs.list",
  page: pageOf(jobSummarySchema.strict()),
  read: (input) => server.features().queue.list(jobsListInput.parse(input)),
};

test("the lists that are sent as the text of JSON are what their schemas say, and what the process itself reads", async () => {
  const users = ODD.map((name, index) => ({ name, email: `odd${index}@x.example` }));
  (await owner.mutate("users.bulkCreate", { users })).data();
  const [suspended] = (await owner.query("users.list", { search: "odd0" })).data<{ items: { id: string }[] }>().items;
  (await owner.mutate("users.suspend", { id: suspended?.id, reason: ODD[0] })).data();
  for (const limit of [1, 3, 200]) {
    expect(await readAll(people, { limit })).toHaveLength(ODD.length + 1);
    expect(await readAll(people, { limit, search: "odd" })).toHaveLength(ODD.length);
  }

  const { queue } = server.features();
  for (const text of ODD) {
    const { id } = await queue.enqueue({ name: "app.echo", input: { text }, tags: ["a", "b"] });
    await queue.result({ id, waitMs: 10_000 });
  }
  await queue.enqueue({ name: "app.echo", input: { text: "" }, delayMs: 3_600_000, key: ODD[2] ?? "" });
  for (const limit of [1, 3, 200]) {
    expect(await readAll(jobs, { limit })).toHaveLength(ODD.length + 1);
    expect(await readAll(jobs, { limit, state: ["discarded"] })).toHaveLength(ODD.length);
  }

  for (const limit of [1, 3, 200]) {
    expect((await readAll(events, { limit })).length).toBeGreaterThan(2);
    expect((await readAll(events, { limit, undo: "possible" })).length).toBeGreaterThan(0);
  }
});

test("a streamed batch, which carries no text of JSON, has the same pages", async () => {
  const url = `${server.origin()}/trpc/users.list?batch=1&input=${encodeURIComponent('{"0":{"limit":2}}')}`;
  const headers = { ...owner.headers };
  const text = await (await fetch(url, { headers })).text();
  expect(text).toBe(JSON.stringify([{ result: { data: await people.read({ limit: 2 }) } }]));
  const streamed = await (await fetch(url, { headers: { ...headers, "trpc-accept": "application/jsonl" } })).text();
  expect(streamed).toContain("nextCursor");
  expect(streamed).toContain(JSON.stringify((await people.read({ limit: 2 })).items[0]));
});
