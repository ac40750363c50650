import { createServer } from "node:http";
import { initTRPC } from "@trpc/server";
import { createFastLane } from "../../packages/trpc-fast-lane/src/index.ts";
import { serve } from "./serve.ts";
import { createTrivialRouter } from "./trivial-router.ts";

await serve(createServer(createFastLane({ router: createTrivialRouter(initTRPC), basePath: "/trpc/" })));
