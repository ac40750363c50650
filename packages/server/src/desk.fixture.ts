import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTestDatabase } from "@switchboard/testing";
import { createAuditRouter } from "./audit/audit.router.ts";
import { createAudit } from "./audit/audit.service.ts";
import type { RateDecision } from "./middleware/chain.ts";
import { createSystemClock, type Clock } from "./platform/clock.ts";
import { isAppError, findAppError, type AppError } from "./platform/errors.ts";
import { createIds } from "./platform/ids.ts";
import { createLogger } from "./platform/logger.ts";
import { router, t } from "./trpc/init.ts";
import type { Principal } from "./trpc/context.ts";
import type { Role } from "./trpc/roles.ts";
import { createUsersRouter } from "./users/users.router.ts";
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

/** People, access and audit on a database of their own, wired as the server wires them, with limits that let all through. */
export async function openDesk(options: { readonly clock?: Clock; readonly isSecure?: boolean } = {}) {
  const { clock = createSystemClock(), isSecure = false } = options;
  const database = await openTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "switchboard-access-"));
  const audit = createAudit({ database, ids: testIds, logger });
  const accesses: Access[] = [];
  const createAccessHere = (itsClock: Clock = clock): Access => {
    const access = createAccess({
      database,
      clock: itsClock,
      ids: testIds,
      logger,
      secret: SECRET,
      publicUrl: PUBLIC_URL,
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
  const users = createUsersService({ database, ids: testIds, access, passwords: { hash: access.hashPassword } });
  const createCaller = t.createCallerFactory(
    router({ users: createUsersRouter(users), access: createAccessRouter(access), audit: createAuditRouter(audit) }),
  );

  return {
    database,
    dataDir,
    access,
    audit,
    users,
    /** What another process would have: the same database and data directory, a memory of its own. */
    createSibling: createAccessHere,
    as: (principal: Principal | undefined) =>
      createCaller({
        requestId: testIds.uuid(),
        address: "192.0.2.1",
        userAgent: "test",
        startedMs: 0,
        signal: new AbortController().signal,
        log: logger,
        chain: {
          clock,
          audit: audit.sink,
          stats: { begin: () => undefined, end: () => undefined },
          limits: {
            takeAddress: () => ALLOWED,
            takePrincipal: () => ALLOWED,
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
  return { kind: "session", userId, email, name, role, credentialId: testIds.uuid() };
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
