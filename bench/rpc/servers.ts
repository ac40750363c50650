import { randomBytes, createHash } from "node:crypto";
import { ownerEnvironment, signInOwner } from "../../packages/testing/src/caller.ts";
import { changeAt } from "../../packages/testing/src/server-database.ts";
import type { BenchServer, BenchTools } from "../bench.ts";
import type { Cores } from "./cores.ts";
import { copyStockTrpc, installedTrpc } from "./stock-trpc.ts";

/** Above anything a machine can send: limits are charged as ever and refuse nothing. */
const FREE = { ratePerSecond: 1_000_000, burst: 1_000_000 };
/** Slots are those that ship; batches bring more calls than may wait for one. */
const LIMITS = JSON.stringify({ read: { ...FREE, queue: 10_000 }, bulk: FREE });
const PEER_KEY = randomBytes(24).toString("base64url");

/** How a framework is to be run in earnest; and Python leaves its cache out of the tree. */
const PRODUCTION = { NODE_ENV: "production", PYTHONDONTWRITEBYTECODE: "1" };

export type ServerName = keyof typeof programs;

/** What a program is started with, by its name. */
const programs = {
  bare: () => ["bare.ts", {}],
  lane: () => ["lane.ts", {}],
  stock: ({ dir }) => ["stock.ts", { TRPC: copyStockTrpc(dir) }],
  patched: () => ["stock.ts", { TRPC: installedTrpc }],
  fastify: () => ["fastify.ts", {}],
  hono: () => ["hono.ts", {}],
  orpc: () => ["orpc.ts", {}],
  fastapi: () => ["fastapi_app.py", { PEER: "minimal" }],
  fastapiPeople: ({ database }) => ["fastapi_app.py", { PEER: "people", PEER_DATABASE_URL: database.url }],
  fastapiFull: ({ database }) => ["fastapi_app.py", { PEER: "full", PEER_DATABASE_URL: database.url }],
  fastapiDepends: ({ database }) => ["fastapi_app.py", { PEER: "depends", PEER_DATABASE_URL: database.url }],
  fastapiMiddleware: ({ database }) => ["fastapi_app.py", { PEER: "middleware", PEER_DATABASE_URL: database.url }],
  switchboard: () => ["../access-server.ts", { ...ownerEnvironment, SWITCHBOARD_LIMITS: LIMITS }],
} as const satisfies Record<string, (tools: BenchTools) => readonly [string, Readonly<Record<string, string>>]>;

export interface Started {
  readonly server: BenchServer;
  /** What a caller sends to be let in. */
  readonly headers: Readonly<Record<string, string>>;
}

export async function startPeer(tools: BenchTools, cores: Cores, name: ServerName): Promise<Started> {
  const start: (tools: BenchTools) => readonly [string, Readonly<Record<string, string>>] = programs[name];
  const [file, env] = start(tools);
  const program = new URL(`../peers/${file}`, import.meta.url);
  const server = await tools.startServer(program, { ...PRODUCTION, ...env }, cores.server);
  try {
    return { server, headers: await toHeaders(server, name) };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function toHeaders(server: BenchServer, name: ServerName): Promise<Readonly<Record<string, string>>> {
  if (name === "fastapiFull" || name === "fastapiDepends" || name === "fastapiMiddleware")
    return { authorization: `Bearer ${PEER_KEY}` };
  if (name !== "switchboard") return {};
  const owner = await signInOwner(server);
  const made = await owner.mutate("access.keys.create", { name: "bench", role: "admin" });
  return { authorization: `Bearer ${made.data<{ key: string }>().key}` };
}

/** Tables of the same shape and with the same indexes as ours, and as many people in them. */
export async function storePeerTables(ownerUrl: string): Promise<void> {
  for (const sql of [
    "CREATE TABLE bench_people (LIKE users INCLUDING ALL)",
    "INSERT INTO bench_people SELECT * FROM users",
    "CREATE TABLE bench_keys (hash bytea PRIMARY KEY, name text NOT NULL, role text NOT NULL, user_id uuid NOT NULL)",
    "GRANT ALL ON bench_people, bench_keys TO PUBLIC",
    "VACUUM (ANALYZE) users, bench_people",
  ]) {
    await changeAt(ownerUrl, sql);
  }
  const hash = createHash("sha256").update(PEER_KEY).digest();
  await changeAt(ownerUrl, "INSERT INTO bench_keys VALUES ($1, 'bench', 'admin', gen_random_uuid())", [hash]);
}
