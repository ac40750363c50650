import { createServer } from "node:http";
import { serve } from "./serve.ts";

// The least that answers a call over HTTP: what a framework costs is what it takes above this.

const body = JSON.stringify({ result: { data: { done: true } } });
const headers = ["content-type", "application/json", "content-length", String(Buffer.byteLength(body))];

await serve(
  createServer((req, res) => {
    if (req.url === "/trpc/ping") res.writeHead(200, headers).end(body);
    else res.writeHead(404).end();
  }),
);
