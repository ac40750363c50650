import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createCaller,
  createRandom,
  killPostgres,
  makeDataDir,
  ownerEnvironment,
  signInOwner,
  startServer,
  type Answer,
  type Caller,
  type RunningServer,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// The process, its database, or both are killed while clients write. What was acknowledged must be there afterwards.

const ROUNDS = 10;
const RESCUE_MS = 10_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = createRandom(seed);
const dataDir = makeDataDir();
const bulk = { ratePerSecond: 10_000, burst: 10_000 };
const env = {
  ...ownerEnvironment,
  SWITCHBOARD_DATA_DIR: dataDir,
  SWITCHBOARD_LIMITS: JSON.stringify({ bulk, write: bulk }),
};

/** Statuses that writers saw, and how often. */
const statuses = new Map<number, number>();
const acknowledged = { users: new Set<string>(), jobs: new Set<string>() };
let server: RunningServer;
let desk: Caller;

beforeAll(async () => {
  console.log(`SEED=${seed}`);
  await start();
});

afterAll(async () => {
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

async function start(): Promise<void> {
  server = await startServer(env);
  desk = desk ? createCaller(server.url, { ...desk.headers, origin: server.url }) : await signInOwner(server);
}

/** Writes until told to stop. Counts what was answered with 200, and whatever else happened is no promise. */
async function write(name: string, isOver: () => boolean): Promise<void> {
  const mutate = async (path: string, input: unknown): Promise<Answer> => {
    const answer = await desk.mutate(path, input);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    return answer;
  };
  const acts: ((number: number) => Promise<void>)[] = [
    async (number) => {
      const answer = await mutate("users.create", { email: `${name}-${number}@desk.test`, name: "One" });
      if (answer.status === 200) acknowledged.users.add(answer.data<{ id: string }>().id);
    },
    async (number) => {
      const users = Array.from({ length: 20 }, (_, index) => ({
        email: `${name}-${number}-${index}@desk.test`,
        name: "Of many",
      }));
      const answer = await mutate("users.bulkCreate", { users });
      if (answer.status === 200) for (const id of answer.data<{ ids: string[] }>().ids) acknowledged.users.add(id);
    },
    async () => {
      const answer = await mutate("queue.enqueue", { name: "lab.sleep", input: { ms: 10 } });
      if (answer.status === 200) acknowledged.jobs.add(answer.data<{ id: string }>().id);
    },
    async () => {
      const inputs = Array.from({ length: 10 }, () => ({ ms: 5 }));
      const answer = await mutate("queue.enqueueMany", { name: "lab.sleep", inputs });
      if (answer.status === 200) for (const id of answer.data<{ ids: string[] }>().ids) acknowledged.jobs.add(id);
    },
  ];
  for (let number = 0; !isOver(); number += 1) {
    try {
      await acts[number % acts.length]?.(number);
    } catch {
      // The connection went with the process: nothing was acknowledged.
      if (!isOver()) await sleep(20);
    }
  }
}

/** Asks again while the database is on its way back. */
async function untilAnswered(ask: () => Promise<Answer>): Promise<Answer> {
  let answer: Answer | undefined;
  await expect
    .poll(
      async () => {
        answer = await ask().catch(() => undefined);
        return answer?.status;
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBe(200);
  if (!answer) throw new Error("unreachable: the poll passed");
  return answer;
}

async function listAll(path: string, input: object): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = { ...input, limit: 200, ...(cursor === undefined ? {} : { cursor }) };
    const answer = await untilAnswered(() => desk.query(path, page));
    const data = answer.data<{ items: { id: string }[]; nextCursor: string | null }>();
    for (const { id } of data.items) ids.add(id);
    cursor = data.nextCursor;
  }
  return ids;
}

interface Job {
  readonly state: string;
  readonly attemptLog: readonly { readonly startedAt: string }[];
}
const readJob = async (id: string): Promise<Job> =>
  (await untilAnswered(() => desk.query("queue.jobs.get", { id }))).data<Job>();

/** A job that is running now and still will be when the kill comes. */
async function startLongJob(): Promise<string> {
  const answer = await untilAnswered(() => desk.mutate("queue.enqueue", { name: "lab.sleep", input: { ms: 2500 } }));
  const { id } = answer.data<{ id: string }>();
  acknowledged.jobs.add(id);
  await expect.poll(async () => (await readJob(id)).state, { timeout: 10_000, interval: 50 }).toBe("executing");
  return id;
}

type Victim = "process" | "database" | "both";
const victims: readonly Victim[] = ["process", "database", "both"];

async function kill(victim: Victim): Promise<void> {
  if (victim !== "process") killPostgres(dataDir);
  if (victim !== "database") await server.kill();
}

/** Resolves once a server serves again: the same one when only its database was killed. */
async function restart(victim: Victim): Promise<void> {
  if (victim !== "database") await start();
  const isReady = async () => (await fetch(`${server.url}/health/ready`).catch(() => undefined))?.status;
  await expect.poll(isReady, { timeout: 20_000, interval: 50 }).toBe(200);
}

test(`nothing acknowledged is lost in ${ROUNDS} kills, and interrupted jobs run again within 10 s`, async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const victim = victims[round % victims.length] ?? "both";
    const writeMs = 100 + random() * 700;
    const name = `round ${round}: ${victim} after ${Math.round(writeMs)} ms`;
    const longJob = await startLongJob();
    const attemptsBefore = (await readJob(longJob)).attemptLog.length;
    let isOver = false;
    const writing = Promise.all([0, 1, 2].map((writer) => write(`r${round}-w${writer}`, () => isOver)));
    // The moment of the kill; nothing is waited for.
    await sleep(writeMs);
    await kill(victim);
    // A process that lost only its database is written to all the while.
    isOver = victim !== "database";
    await restart(victim);
    const readyMs = performance.now();
    isOver = true;
    await writing;

    const hasRunAgain = async (): Promise<boolean> => {
      const { state, attemptLog } = await readJob(longJob);
      return state === "completed" || (state === "executing" && attemptLog.length > attemptsBefore);
    };
    // One whose database alone was killed goes on where it was: its process still runs it.
    const isDone = victim === "database" ? async () => (await readJob(longJob)).state === "completed" : hasRunAgain;
    await expect.poll(isDone, { timeout: RESCUE_MS, interval: 100, message: name }).toBe(true);
    expect(performance.now() - readyMs, name).toBeLessThan(RESCUE_MS);
    const users = await listAll("users.list", {});
    expect([...acknowledged.users.difference(users)], name).toEqual([]);
  }

  const findUnfinished = async (): Promise<string[]> => {
    const completed = await listAll("queue.jobs.list", { state: ["completed"] });
    return [...acknowledged.jobs.difference(completed)];
  };
  await expect.poll(findUnfinished, { timeout: 30_000, interval: 500 }).toEqual([]);
  expect(new Set(statuses.keys()).isSubsetOf(new Set([200, 503])), JSON.stringify([...statuses])).toBe(true);
  console.log(`${acknowledged.users.size} people and ${acknowledged.jobs.size} jobs were acknowledged`);
  expect(acknowledged.users.size).toBeGreaterThan(ROUNDS * 20);
  expect(acknowledged.jobs.size).toBeGreaterThan(ROUNDS * 10);
});
