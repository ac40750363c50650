import type { AuditEntry, AuditSink } from "../../middleware/chain.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { signInInput } from "../access.schema.ts";
import { ADDRESS_HEADER, AUTH_PATH, INTERNAL_ORIGIN } from "./better-auth.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";

const USER_AGENT_MAX_LENGTH = 512;

export interface AuthHandlerDeps {
  /** better-auth. */
  readonly answer: (request: Request) => Promise<Response>;
  readonly credentials: Credentials;
  readonly throttle: SignInThrottle;
  readonly audit: AuditSink;
  /** Origins of pages that may call. A request without an Origin comes from no page and is let through. */
  readonly allowedOrigins: () => readonly string[];
  endSession(token: string): Promise<void>;
  findUserId(email: string): Promise<string | undefined>;
}

/** Answers `/api/auth/*`: three paths lead on, everything else is not there. `address` is the caller's, proxies resolved. */
export function createAuthHandler(deps: AuthHandlerDeps): (request: Request, address: string) => Promise<Response> {
  return async (request, address) => {
    const origin = request.headers.get("origin");
    if (origin !== null && !deps.allowedOrigins().includes(origin)) {
      return refuse(403, "ORIGIN_REFUSED", "This request comes from a page that is not the dashboard.");
    }
    const route = `${request.method} ${new URL(request.url).pathname}`;
    switch (route) {
      case `POST ${AUTH_PATH}/sign-in/email`:
        return signIn(deps, request, address);
      case `POST ${AUTH_PATH}/sign-out`:
        return signOut(deps, request, address);
      case `GET ${AUTH_PATH}/get-session`:
        return getSession(deps, request, address);
      default:
        return refuse(404, "NOT_FOUND", "There is nothing here.");
    }
  };
}

async function signIn(deps: AuthHandlerDeps, request: Request, address: string): Promise<Response> {
  const input = signInInput.safeParse(await request.json().catch(() => undefined));
  if (!input.success) {
    return refuse(400, "INPUT_INVALID", "Send JSON with an e-mail address and a password.");
  }
  const email = input.data.email.toLowerCase();
  return deps.throttle.inTurn(email, async () => {
    const refusal = await deps.throttle.refusal(email, address);
    if (refusal) {
      const { code, message, retryAfterMs } = refusal;
      const retryAfter = String(Math.ceil(retryAfterMs / 1000));
      return Response.json({ code, message, retryAfterMs }, { status: 429, headers: { "retry-after": retryAfter } });
    }
    const response = await deps.answer(toInternal(request, address, { ...input.data, email }));
    await settleSignIn(deps, email, address, response);
    return response;
  });
}

/** Counts and records how a sign-in ended. Nobody is signed in without the audit row: its failure fails the request. */
async function settleSignIn(deps: AuthHandlerDeps, email: string, address: string, response: Response): Promise<void> {
  const record = (entry: Pick<AuditEntry, "outcome" | "code" | "principal">, note: AuditNote): Promise<void> =>
    deps.audit.record({ action: "access.signIn", address, requestId: "", ...entry, note });

  if (response.ok) {
    await deps.throttle.succeeded(email);
    const { token } = (await response.clone().json()) as { token: string };
    const principal = await deps.credentials.readSession(token);
    await record(
      { outcome: "ok", code: undefined, principal },
      principal ? { targetType: "session", targetId: principal.credentialId } : {},
    );
    return;
  }
  if (response.status !== 401 && response.status !== 403) return;
  const isLocked = response.status === 401 && (await deps.throttle.failed(email, address));
  const userId = await deps.findUserId(email);
  await record(
    {
      outcome: "refused",
      code: response.status === 401 ? "INVALID_CREDENTIALS" : "USER_SUSPENDED",
      principal: undefined,
    },
    {
      ...(userId ? { targetType: "user", targetId: userId } : { targetType: "email", targetId: email }),
      ...(isLocked ? { reason: "This failure locked the account." } : {}),
    },
  );
}

async function signOut(deps: AuthHandlerDeps, request: Request, address: string): Promise<Response> {
  const token = deps.credentials.readToken(request.headers);
  const principal: Principal | undefined = token === undefined ? undefined : await deps.credentials.readSession(token);
  // Ended here and not by better-auth, which answers success when its own delete failed.
  if (token !== undefined) await deps.endSession(token);
  if (principal) {
    const note = { targetType: "session", targetId: principal.credentialId };
    await deps.audit.record({
      action: "access.signOut",
      outcome: "ok",
      code: undefined,
      principal,
      address,
      requestId: "",
      note,
    });
  }
  return deps.answer(toInternal(request, address, {}));
}

async function getSession(deps: AuthHandlerDeps, request: Request, address: string): Promise<Response> {
  const token = deps.credentials.readToken(request.headers);
  // better-auth knows no suspended people.
  const principal = token === undefined ? undefined : await deps.credentials.readSession(token);
  return principal ? deps.answer(toInternal(request, address, undefined)) : Response.json(null);
}

/** What better-auth gets to see: the fields that were checked and the headers it needs, no redirects, no proxies' headers. */
function toInternal(request: Request, address: string, body: object | undefined): Request {
  const headers = new Headers({ [ADDRESS_HEADER]: address, "content-type": "application/json" });
  const cookie = request.headers.get("cookie");
  if (cookie !== null) headers.set("cookie", cookie);
  headers.set("user-agent", (request.headers.get("user-agent") ?? "").slice(0, USER_AGENT_MAX_LENGTH));
  return new Request(new URL(new URL(request.url).pathname, INTERNAL_ORIGIN), {
    method: request.method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status });
}
