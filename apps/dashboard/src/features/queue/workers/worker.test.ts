import { describe, expect, it } from "vitest";
import { isOdd, matches, slotsOf, stateOf, versionsOf, type WorkerRow } from "./worker.ts";

const worker = (part: Partial<WorkerRow> = {}): WorkerRow => ({
  id: "w-1",
  host: "node-a",
  pid: 4711,
  version: "1.4.2",
  role: "worker",
  startedAt: "2026-11-24T08:00:00.000Z",
  seenAt: "2026-11-24T09:00:00.000Z",
  isStale: false,
  quietedAt: null,
  quietedBy: null,
  eventLoopDelayMs: 3,
  memoryBytes: 1,
  queues: [
    { name: "mail", slots: 4, used: 1 },
    { name: "lab", slots: 2, used: 2 },
  ],
  jobs: [],
  drainMs: null,
  ...part,
});

describe("the versions of a fleet", () => {
  it("are the common one first, and those of processes that are gone do not count", () => {
    const fleet = [
      worker({ version: "1.4.3" }),
      worker({ version: "1.4.2" }),
      worker({ version: "1.4.2" }),
      worker({ version: "1.0.0", isStale: true }),
    ];
    const versions = versionsOf(fleet);
    expect(versions).toEqual(["1.4.2", "1.4.3"]);
    expect(fleet.map((each) => isOdd(each, versions))).toEqual([true, false, false, false]);
  });

  it("are the same whichever process is listed first when two have as many", () => {
    const [a, b] = [worker({ version: "1.4.2" }), worker({ version: "1.4.3" })];
    expect(versionsOf([a, b])).toEqual(versionsOf([b, a]));
  });

  it("make no process the odd one while all run the same", () => {
    expect(isOdd(worker(), versionsOf([worker(), worker()]))).toBe(false);
  });
});

it("calls a process stale that was quiet before it was lost", () => {
  expect(stateOf(worker({ quietedAt: "2026-11-24T09:00:00.000Z" }))).toBe("quiet");
  expect(stateOf(worker({ quietedAt: "2026-11-24T09:00:00.000Z", isStale: true }))).toBe("stale");
  expect(stateOf(worker())).toBe("running");
});

it("adds up the slots of all its queues", () => {
  expect(slotsOf(worker())).toEqual({ used: 3, total: 6 });
});

it("finds a process by host, number, version, id and queue, and by its state", () => {
  for (const q of ["NODE-A", "4711", "1.4", "w-1", "mail", " lab ", undefined]) {
    expect(matches(worker(), q, undefined), q).toBe(true);
  }
  expect(matches(worker(), "node-b", undefined)).toBe(false);
  expect(matches(worker(), undefined, "quiet")).toBe(false);
  expect(matches(worker(), "mail", "running")).toBe(true);
});
