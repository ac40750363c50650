#!/usr/bin/env node
// Stands in for Prisma's native schema engine, which the CLI would download: the same command line and the same JSON-RPC
// over standard input and output, on the WebAssembly engine of the same release. Developers only; nothing at run time needs it.
//
// Commands that introspect a database are refused here: on Postgres 18 the engine panics in them, and the CLI then prints
// nothing and exits 0, which reads like "no difference".
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import * as engineModule from "@prisma/schema-engine-wasm/schema_engine_bg";

const DATABASE_METHODS = [
  "applyMigrations",
  "diagnoseMigrationHistory",
  "ensureConnectionValidity",
  "markMigrationApplied",
  "markMigrationRolledBack",
] as const;

interface Request {
  id: number;
  method?: string;
  params?: unknown;
}

/** What the module needs before its first use; its type declarations leave these two out. */
interface WasmGlue {
  __wbg_set_wasm(exports: object): void;
}

/** The part of the global that is used here: the DOM's declarations, which have it, are not loaded. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
  RuntimeError: new () => Error;
};

async function loadEngine(): Promise<typeof engineModule> {
  const directory = dirname(fileURLToPath(import.meta.resolve("@prisma/schema-engine-wasm")));
  const { instance } = await WebAssembly.instantiate(readFileSync(join(directory, "schema_engine_bg.wasm")), {
    "./schema_engine_bg.js": engineModule,
  });
  (engineModule as unknown as WasmGlue).__wbg_set_wasm(instance.exports);
  (instance.exports["__wbindgen_start"] as () => void)();
  return engineModule;
}

function parseArguments(args: string[]) {
  const parsed = { datamodels: [] as string[], url: undefined as string | undefined, command: [] as string[] };
  for (let i = 0; i < args.length; i++) {
    const value = args[i] ?? "";
    if (value === "--datamodels") parsed.datamodels.push(args[++i] ?? "");
    else if (value === "--datasource") parsed.url = (JSON.parse(args[++i] ?? "{}") as { url?: string }).url;
    else if (value === "--extension-types" || value === "--enabled-preview-features") i++;
    else parsed.command.push(value);
  }
  return parsed;
}

/** The CLI reads one JSON record per line of standard error. */
function log(level: "INFO" | "ERROR", message: string, fields: Record<string, string> = {}): void {
  const record = {
    timestamp: new Date().toISOString(),
    level,
    fields: { message, ...fields },
    target: "schema_engine",
  };
  process.stderr.write(`${JSON.stringify(record)}\n`);
}

const PRISMA_CODES: Record<string, string> = { DatabaseDoesNotExist: "P1003", AuthenticationFailed: "P1000" };

async function connectOnce(url: string): Promise<void> {
  const adapter = await new PrismaPg({ connectionString: url, connectionTimeoutMillis: 10_000 }).connect();
  try {
    await adapter.executeScript("select 1");
  } finally {
    await adapter.dispose();
  }
}

async function runCliCommand(command: string | undefined, url: string): Promise<number> {
  // The CLI throws away the first line.
  log("INFO", "Starting schema engine CLI");
  if (command !== "can-connect-to-database") {
    log("ERROR", `The stand-in engine has no command ${command}; create the database yourself.`, {
      error_code: "P1003",
    });
    return 1;
  }
  try {
    await connectOnce(url);
    log("INFO", "ok");
    return 0;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { kind?: string } };
    log("ERROR", message, { error_code: PRISMA_CODES[cause?.kind ?? ""] ?? "P1001" });
    return 1;
  }
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

/** A diff of two schemas reads no database, yet the engine opens one and asks for its version: this one answers nothing. */
function createOfflineFactory(): SqlMigrationAwareDriverAdapterFactory {
  const adapter: SqlDriverAdapter = {
    provider: "postgres",
    adapterName: "offline",
    queryRaw: () => Promise.resolve({ columnNames: [], columnTypes: [], rows: [] }),
    executeRaw: () => Promise.resolve(0),
    executeScript: () => Promise.resolve(),
    startTransaction: () => Promise.reject(new Error("There is no database behind a diff of two schemas.")),
    dispose: () => Promise.resolve(),
  };
  const connect = () => Promise.resolve(adapter);
  return { provider: "postgres", adapterName: "offline", connect, connectToShadowDb: connect };
}

function createDatabaseFactory(url: string): SqlMigrationAwareDriverAdapterFactory {
  const schema = new URL(url).searchParams.get("schema");
  const factory = new PrismaPg({ connectionString: url }, schema === null ? {} : { schema });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    // The adapter's own cuts a script at every semicolon, those inside function bodies included.
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script);
    };
    return adapter;
  };
  // The adapter's own shadow connection reaches the real database, because the name inside the URL wins.
  factory.connectToShadowDb = () => Promise.reject(new Error("The stand-in engine makes no shadow database."));
  return factory;
}

async function openEngine(
  factory: SqlMigrationAwareDriverAdapterFactory,
  files: string[],
): Promise<engineModule.SchemaEngine> {
  const { SchemaEngine } = await loadEngine();
  const datamodels = files.map((file): [string, string] => [file, readFileSync(file, "utf8")]);
  const options = { datamodels: datamodels.length > 0 ? datamodels : undefined };
  return SchemaEngine.new(options, () => undefined, bindMigrationAwareSqlAdapterFactory(factory));
}

async function diffSchemas({ id, params }: Request): Promise<unknown> {
  const input = params as engineModule.DiffParams;
  for (const { tag } of [input.from, input.to]) {
    if (tag !== "empty" && tag !== "schemaDatamodel") {
      throw new Error("Only --from-empty, --from-schema and --to-schema are supported here (see prisma.config.ts).");
    }
  }
  const result = await (await openEngine(createOfflineFactory(), [])).diff(input);
  // The native engine prints through a call back to the CLI; this one returns the text.
  if (result.stdout) send({ id: 1_000_000 + id, method: "print", params: { content: result.stdout } });
  return result;
}

async function answer(
  request: Request,
  openDatabaseEngine: () => Promise<engineModule.SchemaEngine>,
): Promise<unknown> {
  const { method, params } = request;
  if (method === "diff") return diffSchemas(request);
  if (method === "getDatabaseVersion") return (await openDatabaseEngine()).version(null);
  const name = DATABASE_METHODS.find((known) => known === method);
  if (name === undefined) throw new Error(`${method} is not supported here (see prisma.config.ts).`);
  const engine = await openDatabaseEngine();
  // The wire carries exactly what the engine's own method takes.
  const call = engine[name] as (input: unknown) => Promise<unknown>;
  return (await call.call(engine, params)) ?? {};
}

async function serve(datamodelFiles: string[], url: string): Promise<void> {
  let databaseEngine: Promise<engineModule.SchemaEngine> | undefined;
  const openDatabaseEngine = () => (databaseEngine ??= openEngine(createDatabaseFactory(url), datamodelFiles));
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === "") continue;
    const request = JSON.parse(line) as Request;
    // A message without a method is the reply to our own "print".
    if (request.method === undefined) continue;
    try {
      send({ id: request.id, result: await answer(request, openDatabaseEngine) });
    } catch (error) {
      const { message, code, meta } = error as Error & { code?: string; meta?: unknown };
      const isPanic = error instanceof WebAssembly.RuntimeError;
      const data = { is_panic: isPanic, message, meta: meta ?? null, error_code: code ?? null };
      send({ id: request.id, error: { code: 4466, message: "The engine reported an error, described in data", data } });
    }
  }
}

const { datamodels, url = "postgresql://unset@127.0.0.1:1/unset", command } = parseArguments(process.argv.slice(2));
if (command.includes("--version")) {
  process.stdout.write(`schema-engine-cli ${(await loadEngine()).version()}\n`);
} else if (command[0] === "cli") {
  process.exitCode = await runCliCommand(command[1], url);
} else {
  await serve(datamodels, url);
}
