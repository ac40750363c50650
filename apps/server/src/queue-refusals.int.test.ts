import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { createServer, defineJob, isAppError, loadConfig } from "@switchboard/server";
import {
  createCaller,
  openTestDatabase,
  ownerEnvironment,
  signInOwner,
  startServer,
  toAnswer,
  type Answer,
  type Caller,
  type RunningServer,
} from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

// What the queue refuses over HTTP: 400 with the field, and nothing stored by it.

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let server: RunningServer;
let desk: Caller;
/** A job that waits, to be acted upon. */
let waitingId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  server = await startServer({
    ...ownerEnvironment,
    DATABASE_URL: database.url,
    SWITCHBOARD_SECRET: "refuse ".repeat(8),
  });
  desk = await signInOwner(server);
  const job = { name: "lab.sleep", input: { ms: 1 }, delayMs: 3_600_000 };
  waitingId = (await desk.mutate("queue.enqueue", job)).data<{ id: string }>().id;
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

/** Everything that a call to the queue could leave behind. */
async function countStored(): Promise<unknown> {
  const { rows } = await database.pool.query(
    `SELECT (SELECT count(*) FROM pgboss.job)::int AS jobs, (SELECT count(*) FROM job_schedule)::int AS schedules,
            (SELECT count(*) FROM job_dedupe)::int AS keys, (SELECT count(*) FROM bulk_action)::int AS bulks,
            (SELECT count(*) FROM job_event)::int AS events, (SELECT md5(string_agg(data::text, ',' ORDER BY id)) FROM pgboss.job) AS inputs`,
  );
  return rows[0];
}

interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}
const issuesOf = (answer: Answer): readonly Issue[] =>
  (answer.error().data.app.details?.["issues"] ?? []) as readonly Issue[];

const ofBytes = (sizeBytes: number): string => "x".repeat(sizeBytes);
const KIB = 1024;
const MIB = KIB * KIB;
const YEAR_MS = 365 * 24 * 3_600_000;
const job = { name: "lab.sleep", input: { ms: 1 } };
const plan = { name: "wrong", jobName: "lab.sleep", input: { ms: 1 } };

interface Case {
  readonly what: string;
  readonly path: string;
  readonly input: () => unknown;
  readonly code: string;
  /** Of the first issue. */
  readonly field: readonly string[];
}

const cases: readonly Case[] = [
  {
    what: "an unknown name",
    path: "queue.enqueue",
    input: () => ({ ...job, name: "no.such-job" }),
    code: "JOB_UNKNOWN",
    field: ["name"],
  },
  {
    what: "a name that is none",
    path: "queue.enqueue",
    input: () => ({ ...job, name: "Robert'); DROP TABLE jobs" }),
    code: "INPUT_INVALID",
    field: ["name"],
  },
  {
    what: "an input off its schema",
    path: "queue.enqueue",
    input: () => ({ ...job, input: { ms: "soon" } }),
    code: "JOB_INPUT_INVALID",
    field: ["input", "ms"],
  },
  {
    what: "an input without what it needs",
    path: "queue.enqueue",
    input: () => ({ name: "lab.sleep" }),
    code: "JOB_INPUT_INVALID",
    field: ["input", "ms"],
  },
  {
    what: "a delay below zero",
    path: "queue.enqueue",
    input: () => ({ ...job, delayMs: -1 }),
    code: "INPUT_INVALID",
    field: ["delayMs"],
  },
  {
    what: "a delay of more than a year",
    path: "queue.enqueue",
    input: () => ({ ...job, delayMs: YEAR_MS + 1 }),
    code: "INPUT_INVALID",
    field: ["delayMs"],
  },
  {
    what: "an expiry that is over already",
    path: "queue.enqueue",
    input: () => ({ ...job, expireInMs: -5 }),
    code: "INPUT_INVALID",
    field: ["expireInMs"],
  },
  {
    what: "a priority out of bounds",
    path: "queue.enqueue",
    input: () => ({ ...job, priority: 101 }),
    code: "INPUT_INVALID",
    field: ["priority"],
  },
  {
    what: "an empty key",
    path: "queue.enqueue",
    input: () => ({ ...job, key: "" }),
    code: "INPUT_INVALID",
    field: ["key"],
  },
  {
    what: "a tag with blanks",
    path: "queue.enqueue",
    input: () => ({ ...job, tags: ["fine", "not fine"] }),
    code: "INPUT_INVALID",
    field: ["tags", "1"],
  },
  {
    what: "300 KiB of input",
    path: "queue.enqueue",
    input: () => ({ ...job, input: { ms: 1, text: ofBytes(300 * KIB) } }),
    code: "JOB_INPUT_INVALID",
    field: ["input"],
  },
  {
    what: "one of four inputs off its schema",
    path: "queue.enqueueMany",
    input: () => ({ name: "lab.sleep", inputs: [{ ms: 1 }, { ms: 2 }, { ms: -3 }, { ms: 4 }] }),
    code: "JOB_INPUT_INVALID",
    field: ["inputs", "2", "ms"],
  },
  {
    what: "many of no name known",
    path: "queue.enqueueMany",
    input: () => ({ name: "no.such-job", inputs: [{}] }),
    code: "JOB_UNKNOWN",
    field: ["name"],
  },
  {
    what: "no inputs at all",
    path: "queue.enqueueMany",
    input: () => ({ name: "lab.sleep", inputs: [] }),
    code: "INPUT_INVALID",
    field: ["inputs"],
  },
  {
    what: "an edit off the schema",
    path: "queue.jobs.updateInput",
    input: () => ({ id: waitingId, input: { ms: "soon" } }),
    code: "JOB_INPUT_INVALID",
    field: ["input", "ms"],
  },
  {
    what: "a minute that no hour has",
    path: "queue.schedules.create",
    input: () => ({ ...plan, cron: "61 * * * *" }),
    code: "SCHEDULE_INVALID",
    field: ["cron"],
  },
  {
    what: "a cron expression of words",
    path: "queue.schedules.create",
    input: () => ({ ...plan, cron: "every other day" }),
    code: "SCHEDULE_INVALID",
    field: ["cron"],
  },
  {
    what: "a cron expression that never comes",
    path: "queue.schedules.create",
    input: () => ({ ...plan, cron: "0 0 30 2 *" }),
    code: "SCHEDULE_INVALID",
    field: ["cron"],
  },
  {
    what: "an unknown time zone",
    path: "queue.schedules.create",
    input: () => ({ ...plan, cron: "0 9 * * *", timeZone: "Mars/Phobos" }),
    code: "SCHEDULE_INVALID",
    field: ["timeZone"],
  },
  {
    what: "a schedule of an unknown job",
    path: "queue.schedules.create",
    input: () => ({ ...plan, jobName: "no.such-job", cron: "0 9 * * *" }),
    code: "JOB_UNKNOWN",
    field: ["jobName"],
  },
  {
    what: "a schedule with an input off its schema",
    path: "queue.schedules.create",
    input: () => ({ ...plan, cron: "0 9 * * *", input: { ms: -1 } }),
    code: "JOB_INPUT_INVALID",
    field: ["input", "ms"],
  },
  {
    what: "an interval of nothing",
    path: "queue.schedules.create",
    input: () => ({ ...plan, everyMs: 0 }),
    code: "INPUT_INVALID",
    field: ["everyMs"],
  },
];

describe("wrong input over HTTP", () => {
  test.for(cases)("$what is 400 with the field, and nothing is stored", async ({ path, input, code, field }) => {
    const before = await countStored();
    const answer = await desk.mutate(path, input());
    expect({ status: answer.status, code: answer.code }, answer.text.slice(0, 500)).toEqual({ status: 400, code });
    const [issue] = issuesOf(answer);
    expect(issue?.path).toEqual(field);
    expect(issue?.message).toMatch(/\w/);
    expect(await countStored()).toEqual(before);
  });

  test("what is right is stored, or the counts above would say nothing", async () => {
    const before = await countStored();
    (await desk.mutate("queue.enqueue", { ...job, delayMs: 3_600_000 })).data();
    const stored = await countStored();
    expect(stored).not.toEqual(before);
  });

  test("a body that announces 10 MB is 413 before it is read, and nothing is stored", async () => {
    const before = await countStored();
    const sending = request(`${server.url}/trpc/queue.enqueue`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": 10 * MIB, ...desk.headers },
    });
    // Only the beginning of it: the answer does not wait for the rest.
    sending.write('{"name":"lab.sleep","input":{"ms":1,"text":"');
    const [response] = (await once(sending, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    sending.on("error", () => undefined).destroy();
    expect(response.statusCode).toBe(413);
    expect(Buffer.concat(chunks).toString()).toContain("BODY_TOO_LARGE");
    expect(await countStored()).toEqual(before);
  });

  test("a body of 10 MB that announces nothing is cut off at 1 MiB, and nothing is stored", async () => {
    const before = await countStored();
    const text = JSON.stringify({ ...job, input: { ms: 1, text: ofBytes(10 * MIB) } });
    const body = new Blob([text]).stream();
    // The answer may come while the body is still on its way: a connection that is closed over it is a refusal as well.
    const status = await fetch(`${server.url}/trpc/queue.enqueue`, {
      method: "POST",
      headers: { "content-type": "application/json", ...desk.headers },
      body,
      duplex: "half",
    }).then(
      async (response) => (await toAnswer(response)).status,
      () => 413,
    );
    expect(status).toBe(413);
    expect(await countStored()).toEqual(before);
    expect((await createCaller(server.url).query("lab.fast")).status).toBe(200);
  });
});

test("a job that stores itself again whenever it is discarded is stopped after ten rounds, with the field", async () => {
  await using own = await openTestDatabase();
  const refused = Promise.withResolvers<unknown>();
  const again = defineJob({
    name: "cycle.again",
    input: z.object({ round: z.number().int() }),
    retry: { attempts: 1 },
    run: () => {
      throw new Error("It never works.");
    },
    onDiscard: async ({ input, enqueue }) => {
      try {
        await enqueue(again, { round: input.round + 1 });
      } catch (error) {
        refused.resolve(error);
        throw error;
      }
    },
  });
  const config = loadConfig({
    PORT: "0",
    DATABASE_URL: own.url,
    SWITCHBOARD_SECRET: "cycle ".repeat(8),
    LOG_LEVEL: "fatal",
  });
  const looping = createServer({ config, jobs: [again] });
  await looping.start(new AbortController().signal);
  try {
    await looping.features().queue.enqueue({ name: "cycle.again", input: { round: 0 } });
    const error = await refused.promise;
    if (!isAppError(error)) throw error;
    expect(error).toMatchObject({ kind: "BAD_REQUEST", code: "JOB_RETRY_CYCLE" });
    expect(error.details).toMatchObject({ issues: [{ path: ["name"] }], count: 1 });
    const { rows } = await own.pool.query("SELECT count(*)::int AS n FROM pgboss.job WHERE group_id = 'cycle.again'");
    expect(rows).toEqual([{ n: 11 }]);
  } finally {
    await looping.stop();
  }
});
