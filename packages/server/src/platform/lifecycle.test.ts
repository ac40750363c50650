import { describe, expect, it } from "vitest";
import { createLifecycle, type Service } from "./lifecycle.ts";

function createRecorder() {
  const events: string[] = [];
  const service = (name: string, failing?: "start" | "stop"): Service => ({
    name,
    start: () => {
      events.push(`start ${name}`);
      return failing === "start" ? Promise.reject(new Error(`${name} broke`)) : Promise.resolve();
    },
    stop: () => {
      events.push(`stop ${name}`);
      return failing === "stop" ? Promise.reject(new Error(`${name} hangs`)) : Promise.resolve();
    },
  });
  const lifecycle = (...services: Service[]): Service =>
    createLifecycle(services, { onStopFailed: (name, error) => events.push(`${name}: ${(error as Error).message}`) });
  return { events, service, lifecycle };
}

describe("createLifecycle", () => {
  it("starts in order and stops in reverse", async () => {
    const { events, service, lifecycle } = createRecorder();
    const all = lifecycle(service("a"), service("b"), service("c"));
    await all.start(new AbortController().signal);
    await all.stop();
    expect(events).toEqual(["start a", "start b", "start c", "stop c", "stop b", "stop a"]);
  });

  it("rolls a failed start back, the half-started one included, and says why", async () => {
    const { events, service, lifecycle } = createRecorder();
    const all = lifecycle(service("a"), service("b", "start"), service("c"));
    await expect(all.start(new AbortController().signal)).rejects.toThrow("b broke");
    expect(events).toEqual(["start a", "start b", "stop b", "stop a"]);
  });

  it("stops the others when one fails to stop, and reports it", async () => {
    const { events, service, lifecycle } = createRecorder();
    const all = lifecycle(service("a"), service("b", "stop"));
    await all.start(new AbortController().signal);
    await all.stop();
    expect(events).toEqual(["start a", "start b", "stop b", "b: b hangs", "stop a"]);
  });

  it("is safe to stop before start and twice", async () => {
    const { events, service, lifecycle } = createRecorder();
    const all = lifecycle(service("a"));
    await all.stop();
    await all.start(new AbortController().signal);
    await Promise.all([all.stop(), all.stop()]);
    expect(events).toEqual(["start a", "stop a"]);
  });

  it("gives up between two services when its signal aborts", async () => {
    const { events, service, lifecycle } = createRecorder();
    const giveUp = new AbortController();
    const aborting: Service = {
      name: "x",
      start: () => Promise.resolve(giveUp.abort(new Error("given up"))),
      stop: () => Promise.resolve(),
    };
    await expect(lifecycle(service("a"), aborting, service("b")).start(giveUp.signal)).rejects.toThrow("given up");
    expect(events).toEqual(["start a", "stop a"]);
  });
});
