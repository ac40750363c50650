import { subscribe } from "node:diagnostics_channel";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { createFastLane } from "@switchboard/trpc-fast-lane";
import { initTRPC } from "@trpc/server";
import { z } from "zod";
import { loadConfig } from "../config.ts";
import { createServer } from "../server.ts";
import { router as productRouter, t } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";

/**
 * A server to be attacked, in a process of its own so that its heap is only its own: the product, or with the argument `lane` the bare
 * handler on `node:http`. A second argument is the environment of the product, as JSON. Answers each message with what it holds.
 */
export interface Holdings {
  readonly heapBytes: number;
  readonly connections: number;
}

const PATIENCE = { headersMs: 1500, requestMs: 2000, checkEveryMs: 200 };
const LARGE = "x".repeat(300_000);
const holdInput = z.object({ ms: z.number() }).prefault({ ms: 20_000 });
const echoInput = z.object({ text: z.string() });

const open = new Set<Socket>();
subscribe("net.server.socket", (message) => {
  const { socket } = message as { socket: Socket };
  open.add(socket);
  socket.once("close", () => open.delete(socket));
});

process.on("message", () => void measure());
const [kind, environment = "{}"] = process.argv.slice(2);
if (kind === "lane") await startLane();
else await startProduct(JSON.parse(environment) as Readonly<Record<string, string>>);

async function measure(): Promise<void> {
  // What is freed by a turn is often what kept something else.
  for (let turn = 0; turn < 5; turn += 1) {
    await nextTurn();
    gc?.();
  }
  const held: Holdings = { heapBytes: process.memoryUsage().heapUsed, connections: open.size };
  process.send?.(held);
}

async function* tick(signal: AbortSignal | undefined): AsyncGenerator<number> {
  for (let count = 0; signal?.aborted !== true; count += 1) {
    yield count;
    await sleep(20, undefined, { signal }).catch(() => undefined);
  }
}

async function startProduct(env: Readonly<Record<string, string>>): Promise<void> {
  const meta = { access: "public", limit: "public", description: "For the attack." } as const;
  const procedures = productRouter({
    hostile: t.router({
      now: procedure
        .meta(meta)
        .output(z.string())
        .query(() => "now"),
      large: procedure
        .meta(meta)
        .output(z.string())
        .query(() => LARGE),
      hold: procedure
        .meta({ ...meta, access: "viewer" })
        .input(holdInput)
        .output(z.string())
        .query(async ({ ctx, input }) => {
          await sleep(input.ms, undefined, { signal: ctx.signal });
          return "held";
        }),
      echo: procedure
        .meta({ ...meta, limit: "write" })
        .input(echoInput)
        .output(z.string())
        .mutation(({ input }) => input.text),
      live: procedure.meta({ ...meta, access: "viewer" }).subscription(({ ctx }) => tick(ctx.signal)),
    }),
  });
  const server = createServer({ config: loadConfig(env), procedures, patience: PATIENCE });
  await server.start(new AbortController().signal);
  process.once("SIGTERM", () => void server.stop().then(() => process.disconnect()));
  process.send?.({ url: server.origin() });
}

async function startLane(): Promise<void> {
  const { procedure: open, router } = initTRPC.create();
  const handle = createFastLane({
    router: router({
      hostile: router({
        now: open.query(() => "now"),
        large: open.query(() => LARGE),
        hold: open.input(holdInput).query(async ({ input, signal }) => {
          await sleep(input.ms, undefined, signal ? { signal } : {});
          return "held";
        }),
        echo: open.input(echoInput).mutation(({ input }) => input.text),
        live: open.subscription(({ signal }) => tick(signal)),
      }),
    }),
    basePath: "/trpc/",
    maxBodySize: 1_048_576,
    maxBatchSize: 100,
  });
  const server = createHttpServer(
    {
      headersTimeout: PATIENCE.headersMs,
      requestTimeout: PATIENCE.requestMs,
      connectionsCheckingInterval: PATIENCE.checkEveryMs,
    },
    handle,
  );
  process.once("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
    process.disconnect();
  });
  server.listen(0, "127.0.0.1", () => {
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
}
