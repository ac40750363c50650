import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { createServer, defineJob, loadConfig, type Features, type Server } from "@switchboard/server";
import { z } from "zod";

export type HoldAt = "before" | "inside" | "after";

/** A process of queue.fault-child.ts. */
export interface FaultChild extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with the first lines so far and to come that begin with `word`, once there are `count`. Rejects when it ended before. */
  lines(word: string, count: number): Promise<string[][]>;
  /** Lets the held jobs go on. */
  release(): void;
  /** With SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
  readonly exited: Promise<unknown>;
}

const root = path.join(import.meta.dirname, "../../..");
const SECRET = "fault ".repeat(8);

export type FaultEnvironment = Readonly<Record<string, string>>;

/** Resolves once it takes jobs. */
export async function startFaultChild(env: FaultEnvironment): Promise<FaultChild> {
  const child = spawnFaultChild(env);
  await child.lines("ready", 1);
  return child;
}

export function spawnFaultChild(env: FaultEnvironment): FaultChild {
  const child = spawn(process.execPath, ["--conditions=source", "apps/server/src/queue.fault-child.ts"], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      // A start is mostly compiling, and there are many.
      NODE_COMPILE_CACHE: path.join(root, "node_modules/.cache/queue-fault"),
      PORT: "0",
      LOG_LEVEL: "fatal",
      SWITCHBOARD_ROLE: "worker",
      SWITCHBOARD_SECRET: SECRET,
      ...env,
    },
  });
  // A line to a process that was killed meanwhile is lost, as it should be.
  child.stdin.on("error", () => undefined);
  const heard: string[][] = [];
  const listeners = new Set<() => void>();
  let hasEnded = false;
  const wake = (): void => listeners.forEach((listener) => listener());
  createInterface({ input: child.stdout }).on("line", (line) => {
    heard.push(line.split(" "));
    wake();
  });
  const exited = once(child, "close").then(() => {
    hasEnded = true;
    wake();
  });
  const lines = (word: string, count: number): Promise<string[][]> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = heard.filter(([first]) => first === word);
        if (found.length < count && !hasEnded) return;
        listeners.delete(look);
        if (found.length >= count) resolve(found.map((words) => words.slice(1)));
        else reject(new Error(`It ended after ${found.length} of ${count} lines "${word}".`));
      };
      listeners.add(look);
      look();
    });
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  return {
    pid: child.pid ?? 0,
    lines,
    release: () => void child.stdin.write("go\n"),
    kill,
    exited,
    [Symbol.asyncDispose]: kill,
  };
}

export interface Desk extends AsyncDisposable {
  readonly queue: Features["queue"];
}

/** A process without workers, in this one: it stores jobs and reads what became of them. */
export async function startDesk(env: FaultEnvironment): Promise<Desk> {
  const config = loadConfig({
    PORT: "0",
    LOG_LEVEL: "fatal",
    SWITCHBOARD_ROLE: "web",
    SWITCHBOARD_SECRET: SECRET,
    ...env,
  });
  const queue = "crash";
  const run = (): never => {
    throw new Error("This process runs no jobs.");
  };
  const holdAt = z.enum(["before", "inside", "after"]).optional();
  const server: Server = createServer({
    config,
    version: "fault",
    jobs: [
      defineJob({ name: "crash.effect", queue, input: z.object({ holdAt }), retry: { attempts: 20 }, run }),
      defineJob({ name: "crash.poison", queue, input: z.object({}), retry: { attempts: 3 }, run }),
      defineJob({ name: "crash.endless", queue, input: z.object({}), run }),
    ],
  });
  await server.start(new AbortController().signal);
  return { queue: server.features().queue, [Symbol.asyncDispose]: () => server.stop() };
}

/** Where ten jobs hold. At most three inside their transactions: each of those has a connection of the pool. */
export function pickHolds(random: () => number): HoldAt[] {
  const inside = Math.floor(random() * 4);
  return Array.from({ length: 10 }, (_, index) => (index < inside ? "inside" : random() < 0.5 ? "before" : "after"));
}

export const LEDGER = "CREATE TABLE effect_ledger (job_id uuid NOT NULL, attempt int NOT NULL)";
/** Effects per job that are not exactly one, lost ones included. */
export const WRONG_EFFECTS = `
  SELECT j.id, count(l.job_id)::int AS effects
  FROM unnest($1::uuid[]) AS j (id) LEFT JOIN effect_ledger l ON l.job_id = j.id
  GROUP BY j.id HAVING count(l.job_id) <> 1`;
