import type { RunningServer } from "./start-server.ts";

/** The owner that tests give a server by its environment. */
export const owner = { email: "owner@desk.test", password: "correct horse battery staple" } as const;
export const ownerEnvironment = {
  SWITCHBOARD_OWNER_EMAIL: owner.email,
  SWITCHBOARD_OWNER_PASSWORD: owner.password,
} as const;

export interface WireError {
  readonly message: string;
  readonly code: number;
  readonly data: {
    readonly code: string;
    readonly httpStatus: number;
    readonly path?: string;
    readonly requestId: string;
    readonly app: {
      readonly code: string;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly retryAfterMs?: number;
    };
  };
}

/** One answer of `/trpc/*` as it travelled. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** `error.data.app.code`, and undefined for a success. */
  readonly code: string | undefined;
  /** Raises an Error for a success. */
  error(): WireError;
  /** Raises an Error with the answer for anything but a success. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what is expected, checked by the assertions that follow
  data<Data>(): Data;
}

/** Calls procedures without a client of ours in between: what it sends is what is written here. */
export interface Caller {
  readonly headers: Readonly<Record<string, string>>;
  query(path: string, input?: unknown): Promise<Answer>;
  mutate(path: string, input?: unknown): Promise<Answer>;
}

export function createCaller(url: string, headers: Readonly<Record<string, string>> = {}): Caller {
  return {
    headers,
    query: async (path, input) => {
      const search = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
      return toAnswer(await fetch(`${url}/trpc/${path}${search}`, { headers }));
    },
    mutate: async (path, input) => {
      const body = JSON.stringify(input ?? {});
      const all = { "content-type": "application/json", ...headers };
      return toAnswer(await fetch(`${url}/trpc/${path}`, { method: "POST", headers: all, body }));
    },
  };
}

export async function toAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  const body = parseBody(text);
  return {
    status,
    headers,
    text,
    code: body?.error?.data.app.code,
    error: () => {
      if (!body?.error) throw new Error(`Expected an error, got ${status}: ${text.slice(0, 1000)}`);
      return body.error;
    },
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as declared
    data: <Data>() => {
      if (status !== 200 || !body?.result) throw new Error(`Expected data, got ${status}: ${text.slice(0, 1000)}`);
      return body.result.data as Data;
    },
  };
}

function parseBody(text: string): { result?: { data: unknown }; error?: WireError } | undefined {
  const failedStream = /^event: serialized-error\ndata: (.*)$/m.exec(text)?.[1];
  if (failedStream !== undefined) return { error: JSON.parse(failedStream) as WireError };
  try {
    return JSON.parse(text) as { result?: { data: unknown }; error?: WireError };
  } catch {
    // Pages are no JSON; whoever expects data from one is told so.
    return undefined;
  }
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Signs in over HTTP, as the sign-in page does. Answers the headers that its requests then carry. */
export async function signIn(
  url: string,
  { email, password }: Credentials,
): Promise<{ cookie: string; origin: string }> {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ email, password }),
  });
  if (response.status !== 200) throw new Error(`Sign-in of ${email}: ${response.status} ${await response.text()}`);
  const cookies = response.headers.getSetCookie().map((line) => line.split(";")[0]);
  return { cookie: cookies.join("; "), origin: url };
}

/** The owner of `ownerEnvironment`, signed in. */
export async function signInOwner({ url }: Pick<RunningServer, "url">): Promise<Caller> {
  return createCaller(url, await signIn(url, owner));
}
