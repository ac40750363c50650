import { randomUUID } from "node:crypto";
import { expect, test as base, type BrowserContext, type Locator, type Page } from "@playwright/test";
// By their files: the entry of one is its build, which tests of the source must not need, that of the other loads vitest.
import { createClient, type Client } from "../packages/client/src/index.ts";
import { owner, ownerEnvironment, signIn as signInOverHttp, type Credentials } from "../packages/testing/src/caller.ts";
import { startServer, type RunningServer } from "../packages/testing/src/start-server.ts";

export { owner, ownerEnvironment, startServer };
export type { Client, Credentials, RunningServer };

export type Role = "viewer" | "operator" | "admin" | "owner";
export interface Person extends Credentials {
  readonly id: string;
  readonly name: string;
}

const START_TIMEOUT_MS = 120_000;

/** A word that no other test uses: for e-mails, keys and errors, which all tests of a worker share a server for. */
export function unique(word: string): string {
  return `${word}-${randomUUID().slice(0, 8)}`;
}

/** Signs in over HTTP, as the sign-in page does, and keeps the cookie in the context. */
export async function signIn(context: BrowserContext, url: string, who: Credentials): Promise<void> {
  const response = await context.request.post(`${url}/api/auth/sign-in/email`, { data: who, headers: { origin: url } });
  expect(response.status(), await response.text()).toBe(200);
}

/**
 * Two keys one right after the other, as `g` `u`. Both are sent before the browser has answered the first: on a busy machine that
 * answer takes longer than the time in which the second one has to come.
 */
export async function pressChord(page: Page, first: string, second: string): Promise<void> {
  await Promise.all([page.keyboard.press(first), page.keyboard.press(second)]);
}

/** The head of a page: its name, and the state of what it is about. */
export function headOf(page: Page): Locator {
  return page.locator("main header").filter({ has: page.getByRole("heading", { level: 1 }) });
}

/** What of a dialog or of the details reaches beyond the right edge of the window. */
export async function sidewaysOf(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("[role=dialog] *, aside *")]
      .filter((element) => {
        const { right, width, height } = element.getBoundingClientRect();
        return width > 1 && height > 1 && right > innerWidth + 1;
      })
      .map((element) => `<${element.tagName.toLowerCase()}> ${(element.textContent ?? "").slice(0, 40)}`),
  );
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

/** Collects what no page may do: throw, write an error to the console, break the content security policy. */
export function watchProblems(context: BrowserContext): readonly string[] {
  const problems: string[] = [];
  context.on("console", (message) => {
    const text = message.text();
    // The browser's own line about an answer 4xx. The refusal itself is what the page is to show.
    if (/^Failed to load resource: the server responded with a status of 4\d\d/.test(text)) return;
    if (message.type() === "error" || /content security policy/i.test(text)) problems.push(text);
  });
  context.on("weberror", (error) => problems.push(error.error().message));
  return problems;
}

export function expectNoProblems(problems: readonly string[]): void {
  expect(problems, "errors and violations of the content security policy on the pages").toEqual([]);
}

interface DeskFixtures {
  /** A page on which the owner is signed in. */
  readonly desk: Page;
  /** A page of its own browser for somebody else; for nobody signed in without `who`. */
  readonly openDesk: (who?: Credentials) => Promise<Page>;
  readonly client: Client;
  readonly createPerson: (role: Role, word?: string) => Promise<Person>;
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
  context: async ({ context }, use) => {
    const problems = watchProblems(context);
    await use(context);
    expectNoProblems(problems);
  },
  desk: async ({ page, context, server }, use) => {
    await signIn(context, server.url, owner);
    await use(page);
  },
  openDesk: async ({ browser, server }, use) => {
    const opened: { context: BrowserContext; problems: readonly string[] }[] = [];
    await use(async (who) => {
      const context = await browser.newContext({ baseURL: server.url });
      opened.push({ context, problems: watchProblems(context) });
      if (who) await signIn(context, server.url, who);
      return context.newPage();
    });
    for (const { context, problems } of opened) {
      await context.close();
      expectNoProblems(problems);
    }
  },
  client: async ({ server }, use) => use(await clientOf(server.url, owner)),
  createPerson: async ({ client }, use) => {
    await use(async (role, word = role) => {
      const credentials = { email: `${unique(word)}@desk.test`, password: unique("a long password") };
      const name = `Test ${word}`;
      const { id } = await client.users.create.mutate({ ...credentials, name, role });
      return { ...credentials, id, name };
    });
  },
});

export { expect };
