import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { serve } from "./serve.ts";

const app = new Hono();
app.get("/ping", (context) => context.json({ done: true }));
await serve(createAdaptorServer({ fetch: app.fetch }) as Server);
