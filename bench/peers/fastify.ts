import fastify from "fastify";
import { serve } from "./serve.ts";

const app = fastify();
app.get("/ping", () => Promise.resolve({ done: true }));
await app.ready();
await serve(app.server);
