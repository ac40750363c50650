import { expect } from "vitest";
import { openDesk, testIds } from "../../desk.fixture.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { findAppError } from "../../platform/errors.ts";
import { createLogger } from "../../platform/logger.ts";
import { createQueue, type Queue } from "../../queue/queue.service.ts";
import type { ImportState, UserImport } from "./imports.schema.ts";

const WAIT_MS = 20_000;

/** A desk whose imports have a queue that runs their jobs, as the server wires it. */
export async function openImportDesk() {
  const made: { queue?: Queue } = {};
  const queue = (): Queue => {
    if (!made.queue) throw new Error("The queue has not been made yet.");
    return made.queue;
  };
  const desk = await openDesk({
    importQueue: {
      enqueue: (request, caller) => queue().enqueue(request, caller),
      find: async (id) => {
        try {
          return await queue().get(id);
        } catch (error) {
          if (findAppError(error)?.code === "JOB_NOT_FOUND") return undefined;
          throw error;
        }
      },
    },
  });
  const { database, imports } = desk;
  made.queue = createQueue({
    database,
    clock: createSystemClock(),
    ids: testIds,
    logger: createLogger("silent"),
    definitions: imports.jobs,
    processId: testIds.uuid(),
    role: "all",
    version: "0.0.0",
    timings: { graceMs: 50, abortGraceMs: 50 },
  });
  await made.queue.start(new AbortController().signal);

  /** The import, once it is in one of these states. */
  const untilState = async (id: string, ...states: readonly ImportState[]): Promise<UserImport> => {
    const isThere = async (): Promise<ImportState> => (await imports.get(id)).state;
    await expect.poll(isThere, { interval: 10, timeout: WAIT_MS }).toSatisfy((state) => states.includes(state));
    return imports.get(id);
  };
  return {
    ...desk,
    queue: made.queue,
    untilState,
    /** How many people have an address that ends like this. */
    countPeople: async (domain: string): Promise<number> => {
      const { rows } = await database.pool.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM users WHERE email LIKE $1",
        [`%@${domain}`],
      );
      return rows[0]?.n ?? 0;
    },
    [Symbol.asyncDispose]: async () => {
      await imports.stop();
      await queue().stop();
      await desk[Symbol.asyncDispose]();
    },
  };
}

export type ImportDesk = Awaited<ReturnType<typeof openImportDesk>>;

/** A file with `count` people of a domain, the first of them on line 2. `lines` stand in for some of them, by line. */
export function toFile(domain: string, count: number, lines: Readonly<Record<number, string>> = {}): string {
  const people = Array.from(
    { length: count },
    (_, index) => lines[index + 2] ?? `p${index}@${domain},Person ${index},viewer`,
  );
  return `email,name,role\r\n${people.join("\r\n")}\r\n`;
}

/** A file as it comes over the network. */
export async function* inParts(text: string, size = 65_536): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
