import { ownerEnvironment, signInOwner, startServer, type Caller, type RunningServer } from "@switchboard/testing";
import { createCaller } from "@switchboard/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

// Schedules as an operator meets them, over HTTP: rights, refusals with their field, the audit log and the way back.

let server: RunningServer;
let desk: Caller;
let viewer: Caller;

beforeAll(async () => {
  server = await startServer(ownerEnvironment);
  desk = await signInOwner(server);
  const made = await desk.mutate("access.keys.create", { name: "viewer", role: "viewer" });
  viewer = createCaller(server.url, { authorization: `Bearer ${made.data<{ key: string }>().key}` });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly cron: string | null;
  readonly pausedAt: string | null;
}
interface AuditEvent {
  readonly id: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly undo: { readonly possible: boolean };
}

let names = 0;
const toInput = (change: object = {}) => ({
  name: `Schedule ${(names += 1)}`,
  jobName: "lab.sleep",
  input: { ms: 0 },
  cron: "0 9 * * *",
  timeZone: "Asia/Shanghai",
  ...change,
});
let schedule: Schedule;
beforeEach(async () => {
  schedule = (await desk.mutate("queue.schedules.create", toInput())).data<Schedule>();
});
const find = async () => (await desk.query("queue.schedules.get", { id: schedule.id })).data<Schedule>();
const newestEvent = async (action: string): Promise<AuditEvent> => {
  const events = await desk.query("audit.list", { action, targetId: schedule.id, limit: 1 });
  const [event] = events.data<{ items: AuditEvent[] }>().items;
  if (!event) throw new Error(`No ${action} is in the log.`);
  return event;
};
const undo = async (action: string) => {
  const answer = await desk.mutate("audit.undo", { id: (await newestEvent(action)).id });
  expect(answer.status).toBe(200);
};

test("a viewer sees schedules and changes none", async () => {
  const { id } = schedule;
  expect((await viewer.query("queue.schedules.list")).data<{ items: unknown[] }>().items.length).toBeGreaterThan(0);
  expect((await viewer.query("queue.schedules.get", { id })).data()).toEqual(schedule);
  expect((await viewer.query("queue.schedules.runs", { id })).data()).toEqual({ items: [], nextCursor: null });
  expect((await viewer.query("queue.schedules.preview", { everyMs: 1000 })).status).toBe(200);
  const refused = [
    viewer.mutate("queue.schedules.create", toInput()),
    viewer.mutate("queue.schedules.update", { id, isPaused: true }),
    viewer.mutate("queue.schedules.delete", { id }),
    viewer.mutate("queue.schedules.runNow", { id }),
  ];
  expect((await Promise.all(refused)).map(({ status, code }) => [status, code])).toEqual(
    refused.map(() => [403, "RIGHT_MISSING"]),
  );
});

test.each([
  [{ cron: "not a cron" }, 400, "SCHEDULE_INVALID", "cron"],
  [{ timeZone: "Mars/Olympus" }, 400, "SCHEDULE_INVALID", "timeZone"],
  [{ input: { ms: "soon" } }, 400, "JOB_INPUT_INVALID", "input"],
  [{ jobName: "lab.none" }, 400, "JOB_UNKNOWN", "jobName"],
])("a wrong schedule %j is %i %s with the field %s", async (change, status, code, field) => {
  const answer = await desk.mutate("queue.schedules.create", toInput(change));
  expect([answer.status, answer.code]).toEqual([status, code]);
  expect(answer.error().data.app.details?.["issues"]).toMatchObject([
    { path: expect.arrayContaining([field]) as unknown },
  ]);
});

test.each([{ everyMs: 999, cron: null }, { name: " " }, { missed: "all" }, { cron: "x".repeat(101) }])(
  "%j is refused before anything looks at it",
  async (change) => {
    expect((await desk.mutate("queue.schedules.create", toInput(change))).status).toBe(400);
  },
);

test("a name that is taken is 409", async () => {
  const answer = await desk.mutate("queue.schedules.create", toInput({ name: schedule.name }));
  expect([answer.status, answer.code]).toEqual([409, "SCHEDULE_NAME_TAKEN"]);
});

test("a run by hand is in the history under who did it, and in the log", async () => {
  const { id } = schedule;
  const { jobId } = (await desk.mutate("queue.schedules.runNow", { id })).data<{ jobId: string }>();
  const runs = (await desk.query("queue.schedules.runs", { id })).data<{ items: unknown[] }>();
  expect(runs.items).toMatchObject([{ jobId, by: "owner@desk.test", outcome: "enqueued" }]);
  expect(await newestEvent("queue.schedules.runNow")).toMatchObject({ after: { jobId } });
});

test("a change is in the log with before and after, and is taken back", async () => {
  await desk.mutate("queue.schedules.update", { id: schedule.id, cron: "0 10 * * *", isPaused: true });
  expect(await newestEvent("queue.schedules.update")).toMatchObject({
    before: { cron: "0 9 * * *", isPaused: false },
    after: { cron: "0 10 * * *", isPaused: true },
  });
  await undo("queue.schedules.update");
  expect(await find()).toMatchObject({ cron: "0 9 * * *", pausedAt: null });
});

test("a deletion is in the log with all that it takes to make the schedule again, and is taken back", async () => {
  await desk.mutate("queue.schedules.update", { id: schedule.id, isPaused: true });
  await desk.mutate("queue.schedules.delete", { id: schedule.id });
  expect((await desk.query("queue.schedules.get", { id: schedule.id })).code).toBe("SCHEDULE_NOT_FOUND");
  await undo("queue.schedules.delete");
  const again = await find();
  expect(again).toMatchObject({ id: schedule.id, name: schedule.name, cron: "0 9 * * *" });
  expect(again.pausedAt).not.toBeNull();
});

test("a schedule that somebody made is taken away again", async () => {
  await undo("queue.schedules.create");
  expect((await desk.query("queue.schedules.get", { id: schedule.id })).status).toBe(404);
});
