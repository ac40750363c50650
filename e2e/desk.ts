import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { createClient, type Client } from "@switchboard/client";

const root = path.join(import.meta.dirname, "..");
const READY_TIMEOUT_MS = 60_000;

export const owner = { email: "owner@desk.test", password: "correct horse battery staple" };

export interface RunningServer {
  readonly url: string;
  /** Printed for whoever is to become the first owner; undefined once there is one. */
  readonly setupUrl: string | undefined;
  /** Ends it as an operator would, with SIGTERM, and resolves to its exit code. */
  stop(): Promise<number | null>;
  kill(): void;
}

/** Starts the program that ships, on a free port, with an empty database of its own unless told otherwise. */
export async function startServer(
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer & AsyncDisposable> {
  const ownDir = env["SWITCHBOARD_DATA_DIR"] ? undefined : mkdtempSync(path.join(tmpdir(), "switchboard-e2e-"));
  const child = spawn(path.join(root, "node_modules/.bin/node"), ["--conditions=source", "apps/server/src/main.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      PORT: "0",
      SWITCHBOARD_LAB: "1",
      LOG_LEVEL: "warn",
      ...(ownDir ? { SWITCHBOARD_DATA_DIR: ownDir } : {}),
      ...env,
    },
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const output: string[] = [];
  let setupUrl: string | undefined;
  let url: string | undefined;
  const { promise: ready, resolve, reject } = Promise.withResolvers<undefined>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      output.push(line);
      url ??= /^Switchboard is ready: (http\S+)/.exec(line)?.[1];
      setupUrl ??= /become its owner: (http\S+)/.exec(line)?.[1];
      // The set-up line follows the ready line at once; with an owner there is none to wait for.
      if (url && (setupUrl || env["SWITCHBOARD_OWNER_EMAIL"])) resolve(undefined);
    });
  }
  const giveUp = setTimeout(() => reject(new Error("it was not ready in time")), READY_TIMEOUT_MS);
  void exited.then((code) => reject(new Error(`it ended with ${code}`)));
  try {
    await ready;
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`The server did not start: ${(error as Error).message}\n${output.join("\n")}`, { cause: error });
  } finally {
    clearTimeout(giveUp);
  }
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    const code = await exited;
    if (ownDir) rmSync(ownDir, { recursive: true, force: true });
    return code;
  };
  return {
    url: url ?? "",
    setupUrl,
    stop,
    kill: () => void child.kill("SIGKILL"),
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Signs in over HTTP, as the sign-in page does, and keeps the cookie in the context. */
export async function signIn(
  context: BrowserContext,
  url: string,
  who: { email: string; password: string },
): Promise<void> {
  const response = await context.request.post(`${url}/api/auth/sign-in/email`, { data: who, headers: { origin: url } });
  expect(response.status(), await response.text()).toBe(200);
}

/** A typed client that carries the cookie of a person. */
export async function clientOf(url: string, who: { email: string; password: string }): Promise<Client> {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify(who),
  });
  expect(response.status, await response.clone().text()).toBe(200);
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  return createClient({
    url,
    fetch: (input, init) =>
      fetch(input as string, {
        ...(init as RequestInit),
        headers: { ...(init?.headers as Record<string, string>), cookie, origin: url },
      }),
  });
}

interface DeskFixtures {
  /** A page on which the owner is signed in. */
  readonly desk: Page;
  readonly client: Client;
}

interface DeskWorkerFixtures {
  /** One server for all tests of a worker; each test brings its own data. */
  readonly server: RunningServer;
}

export const test = base.extend<DeskFixtures, DeskWorkerFixtures>({
  server: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures off this pattern
    async ({}, use) => {
      await using server = await startServer({
        SWITCHBOARD_OWNER_EMAIL: owner.email,
        SWITCHBOARD_OWNER_PASSWORD: owner.password,
      });
      await use(server);
    },
    { scope: "worker", timeout: READY_TIMEOUT_MS * 2 },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  desk: async ({ page, context, server }, use) => {
    const violations: string[] = [];
    page.on("console", (message) => {
      if (/content security policy/i.test(message.text())) violations.push(message.text());
    });
    page.on("pageerror", (error) => violations.push(error.message));
    await signIn(context, server.url, owner);
    await use(page);
    expect(violations, "errors and violations of the content security policy on the page").toEqual([]);
  },
  client: async ({ server }, use) => use(await clientOf(server.url, owner)),
});

export { expect };
