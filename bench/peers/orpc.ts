import { createServer } from "node:http";
import { os } from "@orpc/server";
import { RPCHandler } from "@orpc/server/node";
import { serve } from "./serve.ts";

const handler = new RPCHandler({ ping: os.route({ method: "GET" }).handler(() => ({ done: true })) });

await serve(
  createServer((req, res) => {
    void handler.handle(req, res, { prefix: "/rpc", context: {} }).then(({ matched }) => {
      if (!matched) res.writeHead(404).end();
    });
  }),
);
