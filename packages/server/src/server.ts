import { hostname } from "node:os";
import path from "node:path";
import { openDatabase, type Database } from "@switchboard/db";
import type { AnyRouter } from "@trpc/server";
import { createAccess } from "./access/access.service.ts";
import { createAuditRoutes } from "./audit/audit.routes.ts";
import { createAudit } from "./audit/audit.service.ts";
import type { Inverses } from "./audit/undo.ts";
import { createCache } from "./cache/cache.service.ts";
import { describeCallers } from "./callers.ts";
import { ConfigError, type Config } from "./config.ts";
import type { JobDefinition } from "./define.ts";
import { createAppRouter, type Features } from "./features.ts";
import { createAddressOf } from "./http/address.ts";
import { createContextFactory } from "./http/context.ts";
import { createHttpServer, type HttpServer } from "./http/http-server.ts";
import type { Patience } from "./http/patience.ts";
import { toMetrics } from "./http/metrics.ts";
import { listProcedures, toOpenApi, type CatalogEntry } from "./http/openapi.ts";
import { readOrCreateSecret } from "./http/secret-file.ts";
import { createInverses } from "./inverses.ts";
import { createLab } from "./lab/lab.service.ts";
import { labJobs } from "./lab/lab.jobs.ts";
import { createLimits } from "./limits/limits.service.ts";
import { createCallLog } from "./middleware/call-log.ts";
import { createSystemClock, type Clock } from "./platform/clock.ts";
import { findAppError } from "./platform/errors.ts";
import { createIds, type Ids } from "./platform/ids.ts";
import { createLifecycle, type Service } from "./platform/lifecycle.ts";
import { createLogger, type Logger } from "./platform/logger.ts";
import { createJobNoteSchemas } from "./queue/note-schemas.ts";
import { createQueue, type Queue } from "./queue/queue.service.ts";
import { createStats } from "./stats/stats.service.ts";
import { limitClasses } from "./trpc/meta.ts";
import { t } from "./trpc/init.ts";
import { createImportRoutes } from "./users/imports/imports.routes.ts";
import { createUserImports, type UserImportsDeps } from "./users/imports/imports.service.ts";
import { createUserRoutes } from "./users/users.routes.ts";
import { createUsersService } from "./users/users.service.ts";

export interface ServerOptions {
  readonly config: Config;
  /** Jobs of the application, beside the built-in ones. */
  readonly jobs?: readonly JobDefinition[];
  /**
   * Procedures of the application, made with `router` and `procedure` of this package: `router({ billing: router({ … }) })`. They go
   * through the same chain as the built-in ones, whose names they must not take. Clients type them with `RouterWith`.
   */
  readonly procedures?: AnyRouter;
  /** Folder of the built dashboard. Default: none is served. */
  readonly dashboardDir?: string;
  /** Shown on health, nodes and attempts. Default `dev`. */
  readonly version?: string;
  /** Called for every HTTP request; for a supervisor that replaces a process after so many. */
  readonly onRequest?: () => void;
  /** How long callers may take to say what they want. */
  readonly patience?: Partial<Patience>;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
}

export interface Server extends Service {
  /** Where it listens, for example `http://127.0.0.1:4600`. Undefined before start. */
  origin(): string | undefined;
  /** The one-time link for the first owner; undefined once there is one. */
  setupUrl(): string | undefined;
  /** The features, for jobs and scripts that run in this process. Raises an Error before start. */
  features(): Features;
}

interface Running {
  readonly lifecycle: Service;
  readonly features: Features;
  readonly http: HttpServer | undefined;
}

/**
 * Wires everything by hand. `start` opens the database (embedded without `DATABASE_URL`), migrates it, starts the features
 * and then listens; what it raises has been rolled back. `stop` drains: readiness 503, no further jobs, requests finish, running
 * jobs get their grace, then the database.
 */
export function createServer(options: ServerOptions): Server {
  const { config } = options;
  const clock = options.clock ?? createSystemClock();
  const logger = options.logger ?? createLogger(config.logLevel);
  const shared = { ...options, clock, logger, ids: options.ids ?? createIds(clock) };
  let running: Running | undefined;
  let stopping: Promise<void> | undefined;

  const stop = async (): Promise<void> => {
    running?.http?.drain();
    running?.features.queue.quiet();
    await running?.lifecycle.stop();
    running = undefined;
  };

  return {
    name: "server",
    start: async (signal) => {
      stopping = undefined;
      const database = await openDatabase({
        databaseUrl: config.databaseUrl?.reveal(),
        dataDir: path.resolve(config.dataDir),
        log: (event, fields) => logger.info(event, fields),
      });
      if (config.redisUrl) logger.warn("redis.unused", { reason: "Cache and limits of this release are per process." });
      try {
        running = compose(shared, database);
        await running.lifecycle.start(signal);
        await ensureFirstOwner(running, config);
      } catch (error) {
        // Not only by the lifecycle: given up before its first service, it has nothing to stop.
        await database.stop();
        running = undefined;
        throw error;
      }
    },
    stop: () => (stopping ??= stop()),
    origin: () => running?.http?.origin(),
    setupUrl: () => running?.features.access.setupUrl(),
    features: () => {
      if (!running) throw new Error("The server has not started.");
      return running.features;
    },
  };
}

type Shared = ServerOptions & { readonly clock: Clock; readonly logger: Logger; readonly ids: Ids };

function compose(options: Shared, database: Database): Running {
  const { config, clock, logger, ids } = options;
  const version = options.version ?? "dev";
  const processId = ids.uuid();
  const base = { database, clock, ids, logger };
  // The router is made from the features, and some features list the router's procedures: they read it when asked.
  let procedures: readonly CatalogEntry[] = [];
  const catalog = (): readonly CatalogEntry[] => procedures;
  let http: HttpServer | undefined;
  const baseUrl = (): string => config.publicUrl ?? http?.origin() ?? `http://${config.host}:${config.port}`;

  // Read when asked: what it lists is made below.
  const inverses = (): Inverses =>
    createInverses({ users, imports, keys: access.keys, queue, limits, retention: audit.retention });
  const jobInputs = createJobNoteSchemas(() => jobs);
  const audit = createAudit({ ...base, catalog, version, noteSchemas: jobInputs, inverses });
  const cache = createCache({ clock });
  const limits = createLimits({
    ...base,
    overrides: config.limits,
    catalog,
    describeCallers: (callers) => describeCallers(callers, { users, keys: access.keys }),
  });
  const access = createAccess({
    ...base,
    audit: audit.sink,
    catalog: () => procedures.map(({ path: name, meta }) => ({ path: name, access: meta.access, stepUp: meta.stepUp })),
    dataDir: path.resolve(config.dataDir),
    publicUrl: baseUrl,
    trustedOrigins: () => [...toAllowedOrigins(config, http?.origin())],
    isSecure: isSecure(config),
    secret: config.secret?.reveal() ?? readOrCreateSecret(path.resolve(config.dataDir)),
  });
  const users = createUsersService({ ...base, access, passwords: { hash: access.hashPassword } });
  const imports = createUserImports({ ...base, audit: audit.sink, access, queue: toImportQueue(() => queue) });
  const jobs = [...imports.jobs, ...(config.isLabOn ? labJobs : []), ...(options.jobs ?? [])];
  const queue = createQueue({ ...base, definitions: jobs, processId, role: config.role, version });
  const node = { id: processId, host: hostname(), pid: process.pid, version };
  const stats = createStats({ ...base, node, catalog, queue, cache });
  const lab = config.isLabOn
    ? createLab({ ...base, cache, limits, baseUrl: () => http?.origin() ?? baseUrl() })
    : undefined;
  const features: Features = { users, imports, access, queue, cache, limits, stats, audit, lab };

  const router = extend(createAppRouter(features), options.procedures);
  procedures = listProcedures(router);
  requireKnownLimits(config, procedures);

  const addressOf = createAddressOf(config.trustedProxies);
  if (config.role !== "worker") {
    http = createHttpServer({
      host: config.host,
      port: config.port,
      clock,
      logger,
      router,
      addressOf,
      isSecure: isSecure(config),
      onRequest: options.onRequest,
      patience: options.patience,
      dashboardDir: options.dashboardDir,
      catalog,
      // Features add theirs here.
      fileRoutes: [
        ...createAuditRoutes(audit, clock),
        ...createUserRoutes(users, clock),
        ...createImportRoutes(imports),
      ],
      allowedOrigins: () => toAllowedOrigins(config, http?.origin()),
      createContext: createContextFactory({
        clock,
        ids,
        logger,
        addressOf,
        chain: { clock, limits, stats, audit: audit.sink, callLog: createCallLog(logger) },
        recall: (req, from) => access.recall(req.headers, from),
        identify: (req, how, from) => access.identify(req.headers, how, from),
      }),
      handleAuth: (request, address) => access.handleAuth(request, address),
      health: () => checkHealth(database, access, version),
      metrics: async () => toMetrics(stats.totals(), await stats.summary({ rangeMs: 60_000 })),
      openApi: () => toOpenApi(procedures, version),
    });
  }
  const databaseService: Service = { name: "database", start: () => Promise.resolve(), stop: () => database.stop() };
  // The database last of all, and http first: what is stopped may still be used by what was started after it.
  const services = [
    databaseService,
    audit,
    cache,
    limits,
    access,
    users,
    stats,
    queue,
    imports,
    ...(lab ? [lab] : []),
    ...(http ? [http] : []),
  ];
  const lifecycle = createLifecycle(services, {
    onStopFailed: (name, error) => logger.error("stop.failed", { service: name, err: error }),
  });
  return { lifecycle, features, http };
}

/** The queue, which is made of the jobs of the imports and therefore after them. */
function toImportQueue(queue: () => Queue): UserImportsDeps["queue"] {
  return {
    enqueue: (request, caller) => queue().enqueue(request, caller),
    find: async (id) => {
      try {
        return await queue().get(id);
      } catch (error) {
        if (findAppError(error)?.code === "JOB_NOT_FOUND") return undefined;
        throw error;
      }
    },
  };
}

/** Raises an Error that names each built-in name which the application's procedures would take. */
function extend(builtIn: AnyRouter, own: AnyRouter | undefined): AnyRouter {
  if (!own) return builtIn;
  const taken = Object.keys(own._def.record).filter((name) => name in builtIn._def.record);
  if (taken.length > 0) throw new Error(`These names of procedures are built in, choose others: ${taken.join(", ")}`);
  return t.mergeRouters(builtIn, own);
}

async function ensureFirstOwner({ features, lifecycle }: Running, config: Config): Promise<void> {
  if (!config.owner) return;
  try {
    await features.access.ensureOwner({ email: config.owner.email, password: config.owner.password.reveal() });
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

const isSecure = (config: Config): boolean => config.publicUrl?.startsWith("https:") ?? false;

/** Where the dashboard may be opened. On loopback both of its names, because people type either. */
function toAllowedOrigins(config: Config, origin: string | undefined): ReadonlySet<string> {
  const origins = new Set<string>();
  if (config.publicUrl) origins.add(new URL(config.publicUrl).origin);
  if (!config.publicUrl && origin) {
    origins.add(origin);
    const { hostname: host, port } = new URL(origin);
    if (host === "127.0.0.1" || host === "[::1]") origins.add(`http://localhost:${port}`);
  }
  return origins;
}

/** Raises ConfigError for a limit that names neither a class nor a procedure. */
function requireKnownLimits(config: Config, procedures: readonly CatalogEntry[]): void {
  const known = new Set<string>([...limitClasses, ...procedures.map(({ path: name }) => name)]);
  // With the lab off its procedures are unknown: a setting for them waits.
  const unknown = Object.keys(config.limits).filter((name) => !known.has(name) && !name.startsWith("lab."));
  if (unknown.length === 0) return;
  const message = `${unknown.join(", ")}: neither a limit class (${limitClasses.join(", ")}) nor a procedure`;
  throw new ConfigError([{ variable: "SWITCHBOARD_LIMITS", message }]);
}

async function checkHealth(
  database: Database,
  access: Features["access"],
  version: string,
): Promise<{ isHealthy: boolean; body: Record<string, unknown> }> {
  try {
    await database.pool.query("SELECT 1");
    return { isHealthy: true, body: { version, database: "ok", setupRequired: await access.isSetupRequired() } };
  } catch {
    // The reason is in the log, written by the pool; strangers may read this page.
    return { isHealthy: false, body: { version, database: "unreachable" } };
  }
}
