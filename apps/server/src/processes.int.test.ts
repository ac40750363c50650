import { Agent, get } from "node:http";
import { rmSync } from "node:fs";
import {
  createCaller,
  findForks,
  findProcesses,
  makeDataDir,
  openTestDatabase,
  ownerEnvironment,
  signInOwner,
  startServer,
  type Caller,
  type RunningServer,
} from "@switchboard/testing";
import { describe, test } from "vitest";

// Several processes, and what becomes of the work when one of them ends.

interface Job {
  readonly state: string;
  readonly attempts: number;
  readonly attemptLog: readonly { readonly outcome: string }[];
}

const readJob = async (caller: Caller, id: string): Promise<Job> =>
  (await caller.query("queue.jobs.get", { id })).data<Job>();

async function enqueueSleep(caller: Caller, ms: number): Promise<string> {
  const answer = await caller.mutate("queue.enqueue", { name: "lab.sleep", input: { ms } });
  return answer.data<{ id: string }>().id;
}

const readRequests = async (caller: Caller): Promise<number> =>
  (await caller.query("stats.summary", {})).data<{ requests: number }>().requests;

// Side by side: most of their time is waiting, and all of the first one's is.
describe.concurrent("processes", { timeout: 120_000 }, () => {
  test("on SIGTERM requests are answered, a job is handed back, and the next start ends it", async ({ expect }) => {
    const dataDir = makeDataDir();
    const env = { ...ownerEnvironment, SWITCHBOARD_DATA_DIR: dataDir };
    // Longer than the requests take to drain and the 10 s that running jobs are given after that.
    const jobMs = 16_000;
    let id: string;
    let session: Caller;
    {
      await using server = await startServer(env);
      session = await signInOwner(server);
      id = await enqueueSleep(session, jobMs);
      await expect.poll(async () => (await readJob(session, id)).state, { timeout: 10_000 }).toBe("executing");

      const asked = createCaller(server.url).query("lab.slow", { delayMs: 1500 });
      const slots = () => session.query("limits.get", { name: "lab.concurrency" });
      await expect.poll(async () => (await slots()).data<{ inFlight: number }>().inFlight, { timeout: 5000 }).toBe(1);
      const stopping = server.stop();
      await expect.poll(async () => (await fetch(`${server.url}/health/ready`)).status, { interval: 20 }).toBe(503);
      const draining = await fetch(`${server.url}/health/ready`);
      expect(await draining.json()).toEqual({ status: "draining" });
      expect(draining.headers.get("connection")).toBe("close");
      expect((await asked).status).toBe(200);
      expect(await stopping, server.output.join("\n")).toBe(0);
      expect(findProcesses(dataDir)).toEqual([]);
    }

    await using next = await startServer(env);
    // The session outlives the restart; the port does not.
    const desk = createCaller(next.url, { ...session.headers, origin: next.url });
    await expect.poll(async () => (await readJob(desk, id)).state, { timeout: 10_000 }).toBe("executing");
    const result = await desk.query("queue.jobs.result", { id, waitMs: 25_000 });
    expect(result.data()).toMatchObject({ state: "completed", error: null });
    expect(await readJob(desk, id)).toMatchObject({ attempts: 1 });
    await next.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test("two servers side by side know nothing of each other", async ({ expect }) => {
    await using one = await startServer(ownerEnvironment);
    await using other = await startServer(ownerEnvironment);
    const [desk, otherDesk] = [await signInOwner(one), await signInOwner(other)];
    (await desk.mutate("users.create", { email: "only-here@desk.test", name: "Only here" })).data();
    const find = async (caller: Caller): Promise<number> =>
      (await caller.query("users.list", { search: "only-here" })).data<{ items: unknown[] }>().items.length;
    expect([await find(desk), await find(otherDesk)]).toEqual([1, 0]);
    // A cookie of the one is nobody at the other.
    const stranger = createCaller(other.url, { ...desk.headers, origin: other.url });
    expect((await stranger.query("access.me")).status).toBe(401);
    expect(await one.stop()).toBe(0);
    expect((await otherDesk.query("access.me")).status).toBe(200);
  });

  test("processes on one database share people, jobs and figures", async ({ expect }) => {
    await using database = await openTestDatabase();
    const env = { ...ownerEnvironment, DATABASE_URL: database.url, SWITCHBOARD_SECRET: "shared ".repeat(8) };
    await using web = await startServer({ ...env, SWITCHBOARD_ROLE: "web" });
    const desk = await signInOwner(web);
    const id = await enqueueSleep(desk, 50);
    const waiting = await desk.query("queue.jobs.get", { id });
    expect(waiting.data()).toMatchObject({ state: "available", waitingReason: "No process that runs jobs is up." });

    await using worker = await startServer({ ...env, SWITCHBOARD_ROLE: "worker" });
    expect(worker.url).toBe("");
    expect((await desk.query("queue.jobs.result", { id, waitMs: 15_000 })).data()).toMatchObject({
      state: "completed",
    });

    await using second = await startServer({ ...env, SWITCHBOARD_ROLE: "web" });
    // One secret, one database: a session of the one is a session of the other.
    const secondDesk = createCaller(second.url, { ...desk.headers, origin: second.url });
    const users = Array.from({ length: 20 }, (_, index) => ({ email: `shared-${index}@desk.test`, name: "Shared" }));
    (await desk.mutate("users.bulkCreate", { users })).data();
    const listed = await secondDesk.query("users.list", { search: "shared-" });
    expect(listed.data<{ items: unknown[] }>().items).toHaveLength(20);

    const before = await readRequests(desk);
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => createCaller((index % 2 === 0 ? web : second).url).query("lab.fast")),
    );
    for (const caller of [desk, secondDesk]) {
      await expect
        .poll(() => readRequests(caller), { timeout: 10_000, interval: 500 })
        .toBeGreaterThanOrEqual(before + 60);
    }
    // Nobody else asks anything: what is left between them are these two calls themselves.
    const agree = async (): Promise<number> => Math.abs((await readRequests(desk)) - (await readRequests(secondDesk)));
    await expect.poll(agree, { timeout: 10_000, interval: 2500 }).toBeLessThanOrEqual(6);
    expect((await desk.query("stats.summary", {})).data()).toMatchObject({ nodes: 3 });
    expect(await worker.stop()).toBe(0);
  });

  test("processes of one port replace each other without a failed request", async ({ expect }) => {
    await using database = await openTestDatabase();
    await using server = await startServer({ ...recyclingEnvironment, DATABASE_URL: database.url });
    const load = keepAsking(server.url);
    try {
      await expect
        .poll(() => readRecycled(server).length, { timeout: 45_000, interval: 100 })
        .toBeGreaterThanOrEqual(2);
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    expect(load.answered()).toBeGreaterThan(300);
    expect(await server.stop(), server.output.slice(-20).join("\n")).toBe(0);
  });

  test("a process whose successor dies on its way up is replaced by the next one, and none is left over", async ({
    expect,
  }) => {
    await using database = await openTestDatabase();
    await using server = await startServer({ ...recyclingEnvironment, DATABASE_URL: database.url });
    const forks = (): number[] => findForks(server.pid);
    const desk = await signInOwner(server);
    const serving = async (): Promise<number> =>
      (await desk.query("stats.nodes")).data<{ items: unknown[] }>().items.length;
    await expect.poll(serving, { timeout: 20_000 }).toBe(2);
    const first = forks();
    expect(first).toHaveLength(2);
    const load = keepAsking(server.url);
    try {
      await expect.poll(() => forks().length, { timeout: 20_000, interval: 20 }).toBe(3);
      process.kill(forks().find((pid) => !first.includes(pid)) ?? 0, "SIGKILL");
      const replaced = (): boolean => readRecycled(server).some((pid) => first.includes(pid));
      await expect.poll(replaced, { timeout: 30_000, interval: 100 }).toBe(true);
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    expect(server.output.filter((line) => line.includes('"process.died"'))).toHaveLength(1);
    // Whoever is being replaced at this moment makes it three; nobody asks any more, so it comes to rest at two.
    await expect.poll(() => forks().length, { timeout: 20_000, interval: 200 }).toBe(2);
    expect(await server.stop(), server.output.slice(-20).join("\n")).toBe(0);
  });

  test("a process that was killed is replaced, and with the supervisor all go", async ({ expect }) => {
    const dataDir = makeDataDir();
    const env = { ...ownerEnvironment, SWITCHBOARD_DATA_DIR: dataDir, SWITCHBOARD_PROCESSES: "2" };
    const server = await startServer(env);
    const desk = await signInOwner(server);
    const pids = async (): Promise<number[]> => {
      const answer = await desk.query("stats.nodes");
      return answer.data<{ items: { pid: number }[] }>().items.map(({ pid }) => pid);
    };
    await expect.poll(async () => (await pids()).length, { timeout: 15_000 }).toBe(2);
    const [victim = 0] = await pids();
    expect(victim).not.toBe(server.pid);
    process.kill(victim, "SIGKILL");
    await expect
      .poll(async () => (await pids()).filter((pid) => pid !== victim).length, { timeout: 20_000 })
      .toBeGreaterThanOrEqual(2);
    expect((await desk.query("access.me")).status).toBe(200);

    const [left = 0] = (await pids()).filter((pid) => pid !== victim);
    await server.kill();
    await expect.poll(() => isAlive(left), { timeout: 20_000 }).toBe(false);
    await expect.poll(() => findProcesses(dataDir), { timeout: 20_000 }).toEqual([]);
    rmSync(dataDir, { recursive: true, force: true });
  });
});

/** Two processes, each of which asks to be replaced after 150 requests. */
const recyclingEnvironment = {
  ...ownerEnvironment,
  SWITCHBOARD_PROCESSES: "2",
  SWITCHBOARD_RECYCLE_REQUESTS: "150",
  SWITCHBOARD_RECYCLE_JITTER: "0",
  // Whoever asks as fast as this is refused by the limit of the class.
  SWITCHBOARD_LIMITS: '{"lab":{"ratePerSecond":100000,"burst":100000}}',
  LOG_LEVEL: "info",
};

/** The processes that were replaced so far. */
function readRecycled(server: RunningServer): number[] {
  return server.output
    .filter((line) => line.includes('"process.recycled"'))
    .map((line) => (JSON.parse(line) as { pid: number }).pid);
}

interface Load {
  readonly failures: readonly string[];
  answered(): number;
  stop(): Promise<void>;
}

/**
 * Six connections that ask until they are stopped. Without a number at which they end by themselves: on a busy machine one
 * process answered 5,000 requests before the other one was up, and then nobody was left to ask for its replacement.
 */
function keepAsking(url: string): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;
  const ask = (): Promise<void> =>
    new Promise((resolve) => {
      get(`${url}/trpc/lab.fast`, { agent }, (response) => {
        if (response.statusCode === 200) answered += 1;
        else failures.push(`answered ${response.statusCode}`);
        response.resume().once("end", resolve);
      }).once("error", (error) => {
        failures.push(error.message);
        resolve();
      });
    });
  const asking = Array.from({ length: 6 }, async (): Promise<void> => {
    while (!isOver && failures.length < 100) await ask();
  });
  return {
    failures,
    answered: () => answered,
    stop: async () => {
      isOver = true;
      await Promise.all(asking);
      agent.destroy();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: it is gone. It is a child of ours or of root's, so nothing else is refused.
    return false;
  }
}
