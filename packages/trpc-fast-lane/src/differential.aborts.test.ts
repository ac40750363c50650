import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { initTRPC } from "@trpc/server";
import { expect, test } from "vitest";
import { open, openPair, type Pair, type Side } from "./pair.fixture.ts";

// A caller who goes away in the middle, through both handlers: the call must be told of it by the same signal, end in the same way, and
// leave nothing behind. An unhandled rejection fails the run by itself.

/** What happened on one side, in its order. */
class Journal {
  readonly lines: string[] = [];
  readonly #waiting: { readonly line: string; readonly resolve: () => void }[] = [];

  write(line: string): void {
    this.lines.push(line);
    for (const { line: wanted, resolve } of this.#waiting) if (wanted === line) resolve();
  }

  seen(line: string): Promise<void> {
    if (this.lines.includes(line)) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push({ line, resolve }));
  }
}

interface Scene {
  readonly journals: Readonly<Record<"stock" | "lane", Journal>>;
  readonly pair: Pair;
}

const t = initTRPC.create();
const aborted = async (signal: AbortSignal | undefined): Promise<string> => {
  if (signal && !signal.aborted) await once(signal, "abort");
  return `${signal?.aborted} ${signal?.reason?.name}: ${signal?.reason?.message}`;
};

/** `isHeld`: the context waits until the caller has gone. */
async function openScene({ isHeld = false } = {}): Promise<Scene> {
  const journals = { stock: new Journal(), lane: new Journal() };
  const pair = await openPair((side) => {
    const journal = journals[side];
    const wait = t.procedure.query(async ({ signal }) => {
      journal.write("begun");
      journal.write(`call: ${await aborted(signal)}`);
      return "nobody hears this";
    });
    const fail = t.procedure.query(async ({ signal }) => {
      journal.write("begun");
      await aborted(signal);
      throw new Error("gave up");
    });
    const watch = t.procedure.query(({ signal }) => {
      signal?.addEventListener("abort", () =>
        journal.write(`after the answer: ${signal.reason?.name}: ${signal.reason?.message}`),
      );
      return "pong";
    });
    const big = t.procedure.query(({ signal }) => {
      signal?.addEventListener("abort", () => journal.write(`within the answer: ${signal.reason?.name}`));
      journal.write("begun");
      return "x".repeat(30_000_000);
    });
    const touch = t.procedure.mutation(() => "touched");
    return {
      router: t.router({ wait, fail, watch, big, touch, ping: t.procedure.query(() => "pong") }),
      createContext: async ({ info }: { readonly info: { readonly signal: AbortSignal } }) => {
        journal.write("context");
        if (isHeld) journal.write(`context: ${await aborted(info.signal)}`);
        return {};
      },
      responseMeta: ({ errors }: { readonly errors: readonly Error[] }) => {
        journal.write(`done with ${errors.length} errors`);
        return {};
      },
    };
  });
  return { journals, pair };
}

/** Plays one scene on each side, and gives back what was written. */
async function onBoth({ journals, pair }: Scene, play: (side: Side, journal: Journal) => Promise<void>) {
  for (const side of [pair.stock, pair.lane]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that each has the machine
    await play(side, journals[side.name]);
    // oxlint-disable-next-line no-await-in-loop
    expect(await side.ask({ path: "/trpc/ping" })).toMatchObject({ status: 200, body: '{"result":{"data":"pong"}}' });
  }
  return { stock: journals.stock.lines, lane: journals.lane.lines };
}

const get = (path: string): string => `GET /trpc/${path} HTTP/1.1\r\nhost: desk.test\r\n\r\n`;

test("a caller who leaves while the context is made", async () => {
  const scene = await openScene({ isHeld: true });
  await using _pair = scene.pair;
  for (const side of [scene.pair.stock, scene.pair.lane]) {
    const journal = scene.journals[side.name];
    // oxlint-disable-next-line no-await-in-loop
    const socket = await open(side);
    socket.write(get("wait"));
    // oxlint-disable-next-line no-await-in-loop
    await journal.seen("context");
    socket.destroy();
    // oxlint-disable-next-line no-await-in-loop
    await journal.seen("done with 0 errors");
  }
  expect(scene.journals.lane.lines).toEqual(scene.journals.stock.lines);
  expect(scene.journals.lane.lines).toContain("context: true AbortError: This operation was aborted");
  expect(scene.journals.lane.lines).toContain("call: true AbortError: This operation was aborted");
});

test.each([
  ["wait", "done with 0 errors"],
  ["fail", "done with 1 errors"],
  ["wait,ping?batch=1", "done with 0 errors"],
])("a caller who leaves while %s runs", async (path, end) => {
  const scene = await openScene();
  await using _pair = scene.pair;
  const lines = await onBoth(scene, async (side, journal) => {
    const socket = await open(side);
    let received = 0;
    socket.on("data", (chunk: Buffer) => (received += chunk.length));
    socket.write(get(path));
    await journal.seen("begun");
    socket.destroy();
    await journal.seen(end);
    expect(received).toBe(0);
  });
  expect(lines.lane).toEqual(lines.stock);
  expect(scene.pair.lane.reports).toEqual(scene.pair.stock.reports);
  expect(scene.pair.lane.reports).toHaveLength(path === "fail" ? 1 : 0);
});

test("a caller who leaves with a second request waiting behind the first", async () => {
  const scene = await openScene();
  await using _pair = scene.pair;
  const lines = await onBoth(scene, async (side, journal) => {
    const socket = await open(side);
    socket.write(get("wait") + get("fail"));
    await journal.seen("begun");
    socket.destroy();
    await Promise.all([journal.seen("done with 0 errors"), journal.seen("done with 1 errors")]);
  });
  expect(lines.lane.toSorted()).toEqual(lines.stock.toSorted());
});

test("a caller who leaves in the middle of the answer", async () => {
  const scene = await openScene();
  await using _pair = scene.pair;
  const lines = await onBoth(scene, async (side, journal) => {
    const socket = await open(side);
    socket.write(get("big"));
    // The answer is more than the two kernels keep, so that most of it is still to be written.
    await once(socket, "readable");
    socket.destroy();
    await journal.seen("within the answer: AbortError");
  });
  expect(lines.lane).toEqual(lines.stock);
});

test("the signal of a call aborts once its answer is out", async () => {
  const scene = await openScene();
  await using _pair = scene.pair;
  const lines = await onBoth(scene, async (side, journal) => {
    await side.ask({ path: "/trpc/watch" });
    await journal.seen("after the answer: AbortError: This operation was aborted");
  });
  expect(lines.lane).toEqual(lines.stock);
});

test("a caller who leaves before the body is whole has started nothing", async () => {
  const scene = await openScene();
  await using _pair = scene.pair;
  const { lane } = scene.pair;
  const arrived = once(lane.server, "request") as Promise<[IncomingMessage]>;
  const socket = await open(lane);
  socket.write(
    'POST /trpc/touch HTTP/1.1\r\nhost: desk.test\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"a"',
  );
  const [req] = await arrived;
  // Not `once`: it listens to errors, and this must do without such a listener.
  const closed = new Promise((resolve) => void req.on("close", resolve));
  socket.destroy();
  await closed;
  expect([req.aborted, req.complete]).toEqual([true, false]);
  expect(scene.journals.lane.lines).toEqual([]);
  expect(lane.reports).toEqual([]);
  expect((await lane.ask({ path: "/trpc/ping" })).status).toBe(200);
});

test("a thousand requests over one connection leave no listener on it", async () => {
  const scene = await openScene();
  await using _pair = scene.pair;
  const { lane } = scene.pair;
  const counts: string[] = [];
  lane.server.on("request", ({ socket }: IncomingMessage) => {
    counts.push(
      socket
        .eventNames()
        .map((name) => `${String(name)} ${socket.listenerCount(name)}`)
        .join(", "),
    );
  });
  const socket = await open(lane);
  socket.setEncoding("latin1");
  const touch =
    "POST /trpc/touch HTTP/1.1\r\nhost: desk.test\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
  for (let served = 0; served < 1000; served += 1) {
    socket.write(served % 2 === 0 ? get("ping") : touch);
    // oxlint-disable-next-line no-await-in-loop
    const [text] = (await once(socket, "data")) as [string];
    expect(text.startsWith("HTTP/1.1 200 OK")).toBe(true);
  }
  socket.destroy();
  expect(counts).toHaveLength(1000);
  expect(counts.at(-1)).toBe(counts[1]);
});
