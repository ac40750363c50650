import { rmSync } from "node:fs";
import { createTestDatabase, makeDataDir } from "@switchboard/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { loadConfig } from "./config.ts";
import { defineJob } from "./define.ts";
import { createLogger } from "./platform/logger.ts";
import { createServer, type ServerOptions } from "./server.ts";
import { router } from "./trpc/init.ts";
import { procedure } from "./trpc/procedures.ts";

const never = new AbortController().signal;
const greet = router({
  greetings: router({
    hello: procedure
      .meta({ access: "public", limit: "public", description: "Greets." })
      .input(z.object({ name: z.string() }))
      .output(z.object({ text: z.string() }))
      .query(({ input }) => ({ text: `Hello, ${input.name}.` })),
  }),
});

/** A server on a database and a data folder of its own; both are gone when the test ends, and so is the server. */
async function setup(more: Partial<ServerOptions>) {
  const database = await createTestDatabase();
  const dataDir = makeDataDir();
  const environment = { PORT: "0", DATABASE_URL: database.url, SWITCHBOARD_DATA_DIR: dataDir };
  const server = createServer({ config: loadConfig(environment), logger: createLogger("silent"), ...more });
  const dispose = async (): Promise<void> => {
    await server.stop();
    await database[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true });
  };
  return { server, [Symbol.asyncDispose]: dispose };
}

describe("createServer", () => {
  it("answers an application's procedures through the same chain and lists them", async () => {
    await using desk = await setup({ procedures: greet });
    await desk.server.start(never);
    const url = desk.server.origin();
    const input = encodeURIComponent(JSON.stringify({ name: "Ada" }));
    const answer = await fetch(`${url}/trpc/greetings.hello?input=${input}`);
    expect(answer.headers.get("ratelimit-policy")).toContain('"public"');
    expect(await answer.json()).toEqual({ result: { data: { text: "Hello, Ada." } } });
    const openApi = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(openApi.paths)).toContain("/trpc/greetings.hello");
  });

  it("runs an application's job", async () => {
    const double = defineJob({
      name: "app.double-number",
      input: z.object({ number: z.number() }),
      output: z.number(),
      run: ({ input }) => input.number * 2,
    });
    await using desk = await setup({ jobs: [double] });
    await desk.server.start(never);
    const { queue } = desk.server.features();
    const { id } = await queue.enqueue({ name: "app.double-number", input: { number: 21 } });
    expect(await queue.result({ id, waitMs: 10_000 })).toMatchObject({ state: "completed", output: 42 });
  });

  it("claims no further job once its queue is quiet, and still takes new ones", async () => {
    const { promise: ran, resolve: noteRun } = Promise.withResolvers<undefined>();
    const run = (): null => {
      noteRun(undefined);
      return null;
    };
    const job = defineJob({ name: "app.note-run", input: z.object({}), run });
    await using desk = await setup({ jobs: [job] });
    await desk.server.start(never);
    const { queue } = desk.server.features();
    await queue.enqueue({ name: "app.note-run", input: {} });
    await ran;
    queue.quiet();
    const { id } = await queue.enqueue({ name: "app.note-run", input: {} });
    // Longer than the second in which the queue would look for it by itself.
    expect(await queue.result({ id, waitMs: 1500 })).toMatchObject({ state: "available", done: false });
  });

  it("refuses procedures that take a built-in name", async () => {
    await using desk = await setup({ procedures: router({ users: greet }) });
    await expect(desk.server.start(never)).rejects.toThrow("built in, choose others: users");
    expect(desk.server.origin()).toBeUndefined();
  });

  it("refuses procedures that do not say who may call them and what they answer", async () => {
    const bare = router({ bare: router({ one: procedure.query(() => 1) }) });
    await using desk = await setup({ procedures: bare });
    await expect(desk.server.start(never)).rejects.toThrow("bare.one: meta, bare.one: .output()");
    expect(desk.server.origin()).toBeUndefined();
  });
});
