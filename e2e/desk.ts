import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { createClient, type Client } from "@switchboard/client";
// By its file: the package's own entry loads vitest.
import { owner, ownerEnvironment, signIn as signInOverHttp, type Credentials } from "../packages/testing/src/caller.ts";
import { startServer, type RunningServer } from "../packages/testing/src/start-server.ts";

export { owner, startServer };
export type { RunningServer };

const START_TIMEOUT_MS = 120_000;

/** Signs in over HTTP, as the sign-in page does, and keeps the cookie in the context. */
export async function signIn(context: BrowserContext, url: string, who: Credentials): Promise<void> {
  const response = await context.request.post(`${url}/api/auth/sign-in/email`, { data: who, headers: { origin: url } });
  expect(response.status(), await response.text()).toBe(200);
}

/** A typed client that carries the cookie of a person. */
export async function clientOf(url: string, who: Credentials): Promise<Client> {
  const session = await signInOverHttp(url, who);
  return createClient({
    url,
    fetch: (input, init) =>
      fetch(input as string, {
        ...(init as RequestInit),
        headers: { ...(init?.headers as Record<string, string>), ...session },
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
      await using server = await startServer(ownerEnvironment);
      await use(server);
    },
    { scope: "worker", timeout: START_TIMEOUT_MS },
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
