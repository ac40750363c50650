import type { z } from "zod";
import type { AuditEntry } from "../../middleware/chain.ts";
import { AppError, isAppError, type ErrorKind } from "../../platform/errors.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { unauthenticated } from "../../trpc/ranks.ts";
import { readCookie } from "../credentials/session-cookie.ts";
import type { AuthTools } from "./auth-tools.ts";
import { ADDRESS_HEADER, AUTH_PATH, INTERNAL_ORIGIN } from "./better-auth.ts";

/** One request to `/api/auth/*`. */
export interface AuthCall {
  readonly request: Request;
  /** The caller's, proxies resolved. */
  readonly address: string;
}

export type AuthRoute = (call: AuthCall) => Promise<Response>;

const USER_AGENT_MAX_LENGTH = 512;

/** What a body has to say. Raises 400 `INPUT_INVALID`. */
export async function readInput<Schema extends z.ZodType>(
  call: AuthCall,
  schema: Schema,
  wanted: string,
): Promise<z.output<Schema>> {
  const input = schema.safeParse(await call.request.json().catch(() => undefined));
  if (input.success) return input.data;
  throw new AppError({ kind: "BAD_REQUEST", code: "INPUT_INVALID", publicMessage: wanted });
}

/** Whose session the cookie is, straight from the database: better-auth knows no suspended people. */
export async function findPrincipal(tools: AuthTools, call: AuthCall): Promise<Principal | undefined> {
  const token = tools.credentials.readToken(call.request.headers);
  return token === undefined ? undefined : tools.credentials.readSession(token);
}

/** Raises 401 `UNAUTHENTICATED`. */
export async function requireSession(tools: AuthTools, call: AuthCall): Promise<Principal> {
  const principal = await findPrincipal(tools, call);
  if (!principal) throw unauthenticated();
  return principal;
}

export interface Internal {
  /** Fields that were checked. */
  readonly body?: object;
  /** Names of the cookies it may see. */
  readonly cookies: readonly string[];
  /** Below `/api/auth`. Default: that of the call. */
  readonly path?: string;
  /** Origin of the page, where a passkey is bound to it. */
  readonly origin?: string;
}

/** What better-auth gets to see: what was checked, the cookies of this step, the address; no query, no proxies' headers. */
export function toInternal({ request, address }: AuthCall, { body, cookies, path, origin }: Internal): Request {
  const headers = new Headers({ [ADDRESS_HEADER]: address, "content-type": "application/json" });
  const cookie = cookies.flatMap((name) => {
    const value = readCookie(request.headers, name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  if (cookie.length > 0) headers.set("cookie", cookie.join("; "));
  if (origin !== undefined) headers.set("origin", origin);
  headers.set("user-agent", (request.headers.get("user-agent") ?? "").slice(0, USER_AGENT_MAX_LENGTH));
  return new Request(new URL(path === undefined ? new URL(request.url).pathname : AUTH_PATH + path, INTERNAL_ORIGIN), {
    method: request.method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

/** Code of a refusal of better-auth. */
export async function codeOf(response: Response): Promise<string | undefined> {
  const body = (await response.clone().json()) as { code?: string } | null;
  return body?.code;
}

export type Recorded = Pick<AuditEntry, "outcome" | "code" | "principal"> & { readonly note: AuditNote };

/** Who does not get the row stored does not get the answer: its failure fails the request. */
export function record(tools: AuthTools, call: AuthCall, action: string, entry: Recorded): Promise<void> {
  return tools.audit.record({ action, address: call.address, requestId: "", ...entry });
}

/** Runs an act and records why it was refused; too many attempts are not recorded one by one. `target` is asked for then only. */
export async function recordRefusal<Result>(
  tools: AuthTools,
  call: AuthCall,
  refused: {
    readonly action: string;
    readonly principal?: Principal;
    readonly target: () => AuditNote | Promise<AuditNote>;
  },
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (thrown) {
    if (isAppError(thrown) && thrown.kind !== "TOO_MANY_REQUESTS") {
      const { action, principal, target } = refused;
      const lock = thrown.details?.["isLocked"] === true ? { reason: "This failure locked the account." } : {};
      const note = { ...(await target()), ...lock };
      await record(tools, call, action, { outcome: "refused", code: thrown.code, principal, note });
    }
    throw thrown;
  }
}

/** Runs an act of somebody on their own credentials and records how it ended. */
export async function recorded(
  tools: AuthTools,
  call: AuthCall,
  action: string,
  principal: Principal,
  act: () => Promise<{ readonly response: Response; readonly note?: AuditNote }>,
): Promise<Response> {
  const target = { targetType: "user", targetId: principal.userId };
  const { response, note } = await recordRefusal(tools, call, { action, principal, target: () => target }, act);
  await record(tools, call, action, { outcome: "ok", code: undefined, principal, note: { ...target, ...note } });
  return response;
}

/**
 * One attempt at a secret, under the locks of its account and of the address it comes from. `attempt` answers undefined for a wrong
 * one, which is counted. Without an e-mail only the address counts. Raises what `wrong` makes, 429 `ACCOUNT_LOCKED` or `RATE_LIMITED`.
 */
export function guess<Result>(
  tools: AuthTools,
  { email, address }: { readonly email: string | undefined; readonly address: string },
  wrong: (details: { readonly isLocked: boolean }) => AppError,
  attempt: () => Promise<Result | undefined>,
): Promise<Result> {
  return tools.throttle.inTurn(email, async () => {
    const refusal = await tools.throttle.refusal(email, address);
    if (refusal) throw refusal;
    const result = await attempt();
    if (result === undefined) throw wrong({ isLocked: await tools.throttle.failed(email, address) });
    return result;
  });
}

const STATUS: Partial<Record<ErrorKind, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_MANY_REQUESTS: 429,
};

export function toResponse({ kind, code, publicMessage: message, retryAfterMs }: AppError): Response {
  const body = { code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const headers = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return Response.json(body, { status: STATUS[kind] ?? 500, headers });
}
