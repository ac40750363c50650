import { createServer, loadConfig, procedure, router } from "../packages/server/src/index.ts";
import { doneSchema } from "../packages/server/src/trpc/wire.ts";

// The same procedure for anybody and for whoever signed in: what differs is the way to it.

const config = loadConfig(process.env);
const server = createServer({
  config,
  procedures: router({
    bench: router({
      open: procedure
        .meta({ access: "public", limit: "read", description: "Does nothing, for anybody." })
        .output(doneSchema)
        .query(() => ({ done: true }) as const),
      closed: procedure
        .meta({ access: "viewer", limit: "read", description: "Does nothing, for whoever signed in." })
        .output(doneSchema)
        .query(() => ({ done: true }) as const),
    }),
  }),
});
const ended = Promise.race(["SIGTERM", "SIGINT"].map((signal) => new Promise((end) => process.once(signal, end))));
await server.start(new AbortController().signal);
process.send?.({ type: "ready", url: server.origin() });
await ended;
await server.stop();
if (process.connected) process.disconnect();
