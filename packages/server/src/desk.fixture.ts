import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTestDatabase } from "@switchboard/testing";
import { createAuditRouter } from "./audit/audit.router.ts";
import { createAudit } from "./audit/audit.service.ts";
import { listProcedures } from "./http/openapi.ts";
import { createInverses, type InversesDeps } from "./inverses.ts";
import type { RateDecision } from "./middleware/chain.ts";
import { createSystemClock, type Clock } from "./platform/clock.ts";
import { isAppError, findAppError, type AppError } from "./platform/errors.ts";
import { createIds } from "./platform/ids.ts";
import { createLogger } from "./platform/logger.ts";
import { router, t } from "./trpc/init.ts";
import type { Principal } from "./trpc/context.ts";
import type { Role } from "./trpc/roles.ts";
import { createUsersRouter } from "./users/users.router.ts";
import { createUserImports, type UserImportsDeps } from "./users/imports/imports.service.ts";
import { createUsersService } from "./users/users.service.ts";
import { createAccessRouter } from "./access/access.router.ts";
import { createAccess, type Access } from "./access/access.service.ts";

type Database = Awaited<ReturnType<typeof openTestDatabase>>;

export const PASSWORD = "correct horse battery";
export const PUBLIC_URL = "http://127.0.0.1:4600";
const SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ";
const ALLOWED: RateDecision = {
  allowed: true,
  policy: "test",
  limit: 1,
  windowMs: 1000,
  remaining: 1,
  resetMs: 0,
  retryAfterMs: 0,
};

export const testIds = createIds(createSystemClock());
const logger = createLogger("silent");
const NO_QUEUE: UserImportsDeps["queue"] = {
  enqueue: () => Promise.reject(new Error("This desk runs no jobs.")),
  find: () => Promise.resolve(undefined),
};
const noQueue = () => Promise.reject(new Error("This desk has no queues."));
const NO_PAUSES: InversesDeps["queue"] = {
  queues: noQueue,
  pause: noQueue,
  resume: noQueue,
  configure: noQueue,
  schedules: { get: noQueue, recreate: noQueue, update: noQueue, remove: noQueue },
};

const noLimits = () => Promise.reject(new Error("This desk has no limits."));
const NO_LIMITS: InversesDeps["limits"] = {
  read: noLimits,
  putBack: noLimits,
  overrides: { read: noLimits, putBack: noLimits },
};

/** People, access and audit on a database of their own, wired as the server wires them, with limits that let all through. */
export async function openDesk(
  options: {
    readonly clock?: Clock;
    readonly isSecure?: boolean;
    /** Where the dashboard is opened. Default `PUBLIC_URL`. */
    readonly publicUrl?: string;
    /** Runs the jobs of imports. Default: none does. */
    readonly importQueue?: UserImportsDeps["queue"];
  } = {},
) {
  const { clock = createSystemClock(), isSecure = false, publicUrl = PUBLIC_URL, importQueue = NO_QUEUE } = options;
  const database = await openTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "switchboard-access-"));
  const audit = createAudit({
    database,
    clock,
    ids: testIds,
    logger,
    catalog: () => listProcedures(appRouter),
    inverses: () =>
      createInverses({
        users,
        imports,
        keys: access.keys,
        queue: NO_PAUSES,
        limits: NO_LIMITS,
        retention: audit.retention,
      }),
  });
  const accesses: Access[] = [];
  const createAccessHere = (itsClock: Clock = clock): Access => {
    const access = createAccess({
      database,
      clock: itsClock,
      ids: testIds,
      logger,
      secret: SECRET,
      publicUrl,
      isSecure,
      dataDir,
      catalog: () => [
        { path: "users.list", access: "viewer" },
        { path: "users.create", access: "admin" },
      ],
      audit: audit.sink,
    });
    accesses.push(access);
    return access;
  };
  const access = createAccessHere();
  const users = createUsersService({
    database,
    clock,
    ids: testIds,
    logger,
    access,
    passwords: { hash: access.hashPassword },
  });
  const imports = createUserImports({
    database,
    clock,
    ids: testIds,
    logger,
    audit: audit.sink,
    access,
    queue: importQueue,
  });
  const appRouter = router({
    users: createUsersRouter(users, imports),
    access: createAccessRouter(access),
    audit: createAuditRouter(audit),
  });
  const createCaller = t.createCallerFactory(appRouter);

  return {
    database,
    dataDir,
    access,
    audit,
    users,
    imports,
    /** What another process would have: the same database and data directory, a memory of its own. */
    createSibling: createAccessHere,
    as: (principal: Principal | undefined) =>
      createCaller({
        requestId: testIds.uuid(),
        address: "192.0.2.1",
        userAgent: "test",
        carriesJsonText: false,
        signal: new AbortController().signal,
        log: logger,
        chain: {
          clock,
          audit: audit.sink,
          callLog: () => undefined,
          stats: { begin: () => undefined, end: () => undefined },
          limits: {
            takeAddress: () => ALLOWED,
            takePrincipal: () => ALLOWED,
            takeKey: () => ALLOWED,
            tryAcquire: () => undefined,
            acquire: () => Promise.resolve({ queuedMs: 0, release: () => undefined }),
          },
        },
        identify: () => Promise.resolve(principal),
        identifyAgain: () => Promise.resolve(principal),
        setHeader: () => undefined,
      }),
    /** Stores a person, past all checks, and answers them as if they had signed in. */
    addPerson: (role: Role, name: string = role): Promise<Principal> => addPerson(database, role, name),
    signIn: (email: string, password: string, address = "192.0.2.1", target = access): Promise<Response> =>
      target.handleAuth(toPost("sign-in/email", { email, password }), address),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(accesses.map((one) => one.stop()));
      await rm(dataDir, { recursive: true, force: true });
      await database[Symbol.asyncDispose]();
    },
  };
}

export type Desk = Awaited<ReturnType<typeof openDesk>>;

async function addPerson(database: Database, role: Role, name: string): Promise<Principal> {
  const userId = testIds.uuid();
  const email = `${userId}@example.com`;
  const insert = "INSERT INTO users (id, email, name, role) VALUES ($1, $2, $3, $4)";
  await database.pool.query(insert, [userId, email, name, role]);
  return { kind: "session", userId, email, name, role, credentialId: testIds.uuid(), isVerified: true };
}

export function toPost(path: string, body: unknown, headers: Record<string, string> = {}): Request {
  return new Request(`${PUBLIC_URL}/api/auth/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: PUBLIC_URL, ...headers },
    body: JSON.stringify(body),
  });
}

/** The `Cookie` header that a browser would send after this response. */
export function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

/** The refusal that `work` ends with. */
export async function refusalOf(work: Promise<unknown>): Promise<AppError> {
  try {
    await work;
  } catch (error) {
    const refusal = findAppError(error);
    if (isAppError(refusal)) return refusal;
    throw error;
  }
  throw new Error("It was not refused.");
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  return (await refusalOf(work)).code;
}
