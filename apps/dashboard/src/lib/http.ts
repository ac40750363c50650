import { type Answer, AnswerError, networkError } from "./errors.ts";

/** A request outside tRPC: signing in, files. Raises an AnswerError for a refusal and for no answer at all. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw networkError(error);
  }
  if (!response.ok) throw await toAnswerError(response);
  return response;
}

/** Sends JSON and reads JSON; an answer without a body is null. */
export async function postJson(path: string, body: object): Promise<unknown> {
  const response = await request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return readJson(response);
}

export async function getJson(path: string): Promise<unknown> {
  return readJson(await request(path));
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === "" ? null : (JSON.parse(text) as unknown);
}

async function toAnswerError(response: Response): Promise<AnswerError> {
  return new AnswerError(parseRefusal(response.status, await response.text(), (name) => response.headers.get(name)));
}

/** Refusals are `{ code, message, details?, retryAfterMs? }`; a proxy's page is told by its status alone. */
export function parseRefusal(status: number, text: string, header: (name: string) => string | null): Answer {
  const body = parseObject(text);
  const seconds = Number(header("retry-after") ?? Number.NaN);
  const fromHeader = Number.isFinite(seconds) ? seconds * 1000 : null;
  return {
    status,
    code: typeof body.code === "string" ? body.code : "UNKNOWN",
    message: typeof body.message === "string" ? body.message : `The server answered ${status}.`,
    retryAfterMs: typeof body.retryAfterMs === "number" ? body.retryAfterMs : fromHeader,
    details: typeof body.details === "object" && body.details !== null ? (body.details as Record<string, unknown>) : {},
    requestId: header("x-request-id"),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    // Not ours: a page of a proxy between.
    return {};
  }
}
