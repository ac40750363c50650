import type { initTRPC } from "@trpc/server";
import type { createHTTPServer } from "@trpc/server/adapters/standalone";
import { serve } from "./serve.ts";
import { createTrivialRouter } from "./trivial-router.ts";

// tRPC with its own standalone server. `TRPC` is the folder of the copy to use: the one installed here is patched.

const dir = process.env["TRPC"] ?? "";
const core = (await import(`${dir}/dist/index.mjs`)) as { initTRPC: typeof initTRPC };
const standalone = (await import(`${dir}/dist/adapters/standalone.mjs`)) as {
  createHTTPServer: typeof createHTTPServer;
};

await serve(standalone.createHTTPServer({ router: createTrivialRouter(core.initTRPC), basePath: "/trpc/" }));
