import type { Page } from "@playwright/test";
import { expect, type RunningServer, startServer, test as base, headOf } from "./desk.ts";

const first = { name: "Wei Zhang", email: "wei@desk.test", password: "correct horse battery" };

// Without an owner, and of this file alone: what is checked is a server that nobody has used.
const test = base.extend<object, { server: RunningServer }>({
  server: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures off this pattern
    async ({}, use) => {
      await using server = await startServer();
      await use(server);
    },
    { scope: "worker", timeout: 120_000 },
  ],
});
test.describe.configure({ mode: "serial" });

async function openSetUp(page: Page, server: RunningServer): Promise<void> {
  expect(server.setupUrl, "the link that the server printed").toBeDefined();
  await page.goto(server.setupUrl ?? "");
  await expect(page.getByRole("heading", { name: "Create the first owner" })).toBeVisible();
}

async function fillOwner(page: Page, { name, email, password }: typeof first): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Create owner and sign in" }).click();
}

test("a set-up link without its token, and one with a wrong token, make nobody an owner", async ({ page, server }) => {
  await page.goto("/setup");
  await expect(page.getByRole("heading", { name: "This link is not complete" })).toBeVisible();
  await page.getByRole("link", { name: "Go to sign in" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();

  const wrong = new URL(server.setupUrl ?? "");
  wrong.searchParams.set("token", "A".repeat(wrong.searchParams.get("token")?.length ?? 0));
  await page.goto(wrong.href);
  await fillOwner(page, first);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page).toHaveURL(/\/setup\?token=/);
});

test("the printed link creates the owner and signs them in, and a second use is refused", async ({
  page,
  openDesk,
  server,
}) => {
  await openSetUp(page, server);
  await page.getByLabel("Name").fill(first.name);
  await page.getByLabel("Email").fill("not an email");
  await page.getByRole("textbox", { name: "Password" }).fill("too short");
  await page.getByRole("button", { name: "Create owner and sign in" }).click();
  await expect(page.getByLabel("Email")).toHaveAccessibleDescription("Enter an email, such as wei@example.com.");
  await expect(page.getByRole("textbox", { name: "Password" })).toHaveAccessibleDescription(/12 characters at least/);
  await fillOwner(page, first);
  await expect(page).toHaveURL(/\/overview$/);
  await expect(page.getByRole("button", { name: first.name })).toContainText("owner");

  const second = await openDesk();
  await openSetUp(second, server);
  await fillOwner(second, { ...first, email: "intruder@desk.test" });
  await expect(second.getByRole("alert")).toBeVisible();
  await expect(second).toHaveURL(/\/setup\?token=/);
  const signIn = await second.request.post(`${server.url}/api/auth/sign-in/email`, {
    data: { email: "intruder@desk.test", password: first.password },
    headers: { origin: server.url },
  });
  expect(signIn.status()).toBe(401);
});

test("an unused server is healthy and has no figure where nothing was counted", async ({ openDesk }) => {
  const page = await openDesk(first);
  await page.goto("/overview");
  await expect(page.getByRole("status").filter({ hasText: "Healthy" })).toContainText("No job waits");
  await expect(page.getByRole("region", { name: "Cache hit" }).getByText("—", { exact: true })).toBeVisible();
  await expect(page.getByRole("region", { name: "Cache hit" })).toContainText("no reads yet");
  await expect(page.getByRole("main")).not.toContainText("Failure of the server or a job");
  await expect(page.getByRole("main")).not.toContainText(/[{}]|NaN|undefined/);
});

test("the empty queue leads to a first job", async ({ openDesk }) => {
  const page = await openDesk(first);
  await page.goto("/queue/jobs");
  await expect(page.getByText("No jobs yet")).toBeVisible();
  await expect(page.getByText("client.queue.enqueue.mutate")).toBeVisible();
  await page.getByRole("main").getByRole("table").locator("..").getByRole("button", { name: "Enqueue" }).click();
  const dialog = page.getByRole("dialog", { name: "Enqueue a job" });
  await dialog.getByLabel("Job", { exact: true }).selectOption("lab.sleep");
  await dialog.getByLabel("ms").fill("10");
  await dialog.getByRole("button", { name: "Enqueue lab.sleep" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Open" }).click();
  await expect(page).toHaveURL(/\/queue\/jobs\/[0-9a-f-]{36}/);
  await expect(headOf(page)).toContainText("Done");
  await page.goto("/queue/jobs");
  await expect(page.getByRole("table", { name: "Jobs" }).getByRole("row").filter({ hasText: "lab.sleep" })).toHaveCount(
    1,
  );
});

test("the empty cache leads to a first key", async ({ openDesk }) => {
  const page = await openDesk(first);
  await page.goto("/cache");
  await expect(page.getByText("The cache is empty")).toBeVisible();
  await expect(page.getByText("client.cache.set.mutate")).toBeVisible();
  await page.getByRole("button", { name: "Set key…" }).click();
  const dialog = page.getByRole("dialog", { name: "Set a key" });
  await dialog.getByLabel("Key", { exact: true }).fill("user:42:profile");
  await dialog.getByLabel("Value, JSON").fill('{ "name": "Ada"');
  await dialog.getByRole("button", { name: "Write key" }).click();
  await expect(dialog.getByLabel("Value, JSON")).toHaveAccessibleDescription("This is not valid JSON.");
  await dialog.getByLabel("Value, JSON").fill('{ "name": "Ada" }');
  await dialog.getByRole("button", { name: "Write key" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("complementary", { name: "Key user:42:profile" })).toContainText("Ada");
  await expect(page.getByRole("row").filter({ hasText: "user:" }).first()).toBeVisible();
});

test("the empty list of keys leads to a first key, which is shown once and works", async ({ openDesk, server }) => {
  const page = await openDesk(first);
  await page.goto("/keys");
  await expect(page.getByText("No API keys yet")).toBeVisible();
  await page.getByRole("button", { name: "New key" }).last().click();
  const dialog = page.getByRole("dialog", { name: "New API key" });
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByRole("alert")).toHaveText("Name: This field is required.");
  await dialog.getByLabel("Name", { exact: true }).fill("first-key");
  await dialog.getByLabel("Role", { exact: true }).selectOption({ label: "viewer" });
  await dialog.getByRole("button", { name: "Create key" }).click();
  const shown = page.getByRole("dialog", { name: "Key for first-key" });
  const key = /swb_\w+_[\w-]+/.exec(await shown.innerText())?.[0] ?? "";
  const answer = await fetch(`${server.url}/trpc/access.me`, { headers: { authorization: `Bearer ${key}` } });
  expect(answer.status).toBe(200);
  await shown.getByRole("button", { name: "I have stored it" }).click();
  await expect(shown).toBeHidden();
  await expect(page.getByRole("row").filter({ hasText: "first-key" })).toContainText("Active");
  await expect(page.getByRole("main")).not.toContainText(key);
});

test("the list of users holds the owner alone and leads to a second person", async ({ openDesk }) => {
  const page = await openDesk(first);
  await page.goto("/users");
  const rows = page.getByRole("table", { name: "Users" }).getByRole("row");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1)).toContainText(first.email);
  await page.keyboard.press("n");
  const dialog = page.getByRole("dialog", { name: "New user" });
  await dialog.getByLabel("Email").fill("ada@desk.test");
  await dialog.getByLabel("Name").fill("Ada");
  await dialog.getByRole("button", { name: "Create user" }).click();
  await expect(dialog).toBeHidden();
  await expect(rows.filter({ hasText: "ada@desk.test" })).toContainText("viewer");
});
