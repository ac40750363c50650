import { nowMs } from "./clock.ts";

export type SignInResult =
  | { readonly kind: "signed-in" }
  | { readonly kind: "wrong" }
  | { readonly kind: "suspended" }
  | { readonly kind: "limited"; readonly untilMs: number }
  | { readonly kind: "unreachable" }
  | { readonly kind: "failed"; readonly status: number };

const DEFAULT_WAIT_SECONDS = 30;

export async function signIn(input: { email: string; password: string; rememberMe: boolean }): Promise<SignInResult> {
  let response: Response;
  try {
    response = await post("/api/auth/sign-in/email", input);
  } catch {
    return { kind: "unreachable" };
  }
  if (response.ok) return { kind: "signed-in" };
  if (response.status === 401) return { kind: "wrong" };
  if (response.status === 403 && (await codeOf(response)) === "USER_SUSPENDED") return { kind: "suspended" };
  if (response.status === 429) {
    const seconds = Number(response.headers.get("retry-after") ?? DEFAULT_WAIT_SECONDS);
    return { kind: "limited", untilMs: nowMs() + (Number.isFinite(seconds) ? seconds : DEFAULT_WAIT_SECONDS) * 1000 };
  }
  return { kind: "failed", status: response.status };
}

/** Raises when the server did not end the session: it would be a lie to show the sign-in page. */
export async function signOut(): Promise<void> {
  const response = await post("/api/auth/sign-out", {});
  if (!response.ok && response.status !== 401) throw new Error(`Signing out answered ${response.status}.`);
}

async function codeOf(response: Response): Promise<string | undefined> {
  const body: unknown = await response.json().catch(() => undefined);
  const code = typeof body === "object" && body !== null ? (body as Record<string, unknown>).code : undefined;
  return typeof code === "string" ? code : undefined;
}

function post(path: string, body: unknown): Promise<Response> {
  return fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
