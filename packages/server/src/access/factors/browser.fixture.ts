import type { Access } from "../access.service.ts";
import { createSystemClock } from "../../platform/clock.ts";
import type { Principal } from "../../trpc/context.ts";
import { toCode, toStep } from "./totp.ts";

/** Sends what a browser would: the cookies it was given, and the Origin of its page. */
export interface Browser {
  post(path: string, body: unknown): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Who the cookies say it is. */
  identify(): Promise<Principal | undefined>;
  readonly cookies: Map<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, never>> & { readonly code?: string; readonly retryAfterMs?: number };
  readonly setCookies: readonly string[];
  readonly headers: Headers;
}

export function createBrowser(
  access: Access,
  options: { readonly origin: string; readonly address?: string; readonly cookies?: ReadonlyMap<string, string> },
): Browser {
  const { origin, address = "192.0.2.1" } = options;
  const cookies = new Map(options.cookies);
  const cookieHeader = (): Record<string, string> =>
    cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") } : {};

  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await access.handleAuth(new Request(`${origin}/api/auth/${path}`, init), address);
    const setCookies = response.headers.getSetCookie();
    for (const line of setCookies) {
      const [pair = ""] = line.split(";");
      const name = pair.slice(0, pair.indexOf("="));
      if (/Max-Age=0(;|$)/.test(line)) cookies.delete(name);
      else cookies.set(name, pair.slice(name.length + 1));
    }
    const text = await response.text();
    return {
      status: response.status,
      body: (text === "" ? {} : JSON.parse(text)) as Answer["body"],
      setCookies,
      headers: response.headers,
    };
  };

  return {
    cookies,
    get: (path) => send(path, { headers: { ...cookieHeader(), host: new URL(origin).host } }),
    post: (path, body) =>
      send(path, {
        method: "POST",
        headers: { "content-type": "application/json", origin, ...cookieHeader() },
        body: JSON.stringify(body),
      }),
    identify: () => access.identify(new Headers(cookieHeader()), "fresh"),
  };
}

/** The secret in the address that an authenticator app scans, as text. */
export function secretOf(totpURI: string): string {
  const base32 = new URL(totpURI).searchParams.get("secret") ?? "";
  const bits = Array.from(base32)
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const bytes = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  return Buffer.from(bytes).toString("utf8");
}

/** What an app shows `steps` periods from now. */
export function codeOf(totpURI: string, steps = 0): string {
  return toCode(secretOf(totpURI), toStep(createSystemClock().now().getTime()) + steps);
}
