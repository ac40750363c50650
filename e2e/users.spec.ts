import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { clientOf, expect, signIn, test, unique } from "./desk.ts";
import { turnOnTwoFactor } from "./second-factor.ts";

function rowOf(page: Page, email: string): Locator {
  return page.getByRole("table", { name: "Users" }).getByRole("row").filter({ hasText: email });
}

function peekOf(page: Page, email: string): Locator {
  return page.getByRole("complementary", { name: email });
}

async function openPeek(page: Page, { id, email }: { id: string; email: string }): Promise<Locator> {
  await page.goto(`/users?peek=${id}`);
  const peek = peekOf(page, email);
  await expect(peek).toBeVisible();
  return peek;
}

test("an admin creates a user, and what is wrong with a field is announced", async ({ desk, createPerson }) => {
  const existing = await createPerson("viewer", "taken");
  const email = `${unique("created")}@desk.test`;
  await desk.goto("/users");
  await desk.getByRole("button", { name: "New user" }).click();
  const dialog = desk.getByRole("dialog", { name: "New user" });
  const [emailField, nameField] = [dialog.getByLabel("Email"), dialog.getByLabel("Name")];
  const passwordField = dialog.getByRole("textbox", { name: "Password" });
  await expect(emailField).toBeFocused();

  await passwordField.fill("short");
  await dialog.getByRole("button", { name: "Create user" }).click();
  await expect(dialog.getByRole("alert")).toHaveText(
    "Email: Enter an email, such as wei@example.com. Name: This field is required. Password: At least 12 characters.",
  );
  await expect(emailField).toHaveAttribute("aria-invalid", "true");
  await expect(emailField).toHaveAccessibleDescription("Enter an email, such as wei@example.com.");
  await expect(emailField).toBeFocused();

  await emailField.fill(existing.email);
  await nameField.fill("Created Here");
  await passwordField.fill("a password long enough");
  await dialog.getByRole("button", { name: "Create user" }).click();
  await expect(dialog.getByRole("alert")).toHaveText("Email: Somebody has this email already.");
  await expect(emailField).toBeFocused();

  await emailField.fill(email);
  await dialog.getByLabel("Role").selectOption({ label: "operator" });
  await emailField.press("Control+Enter");
  await expect(dialog).toBeHidden();
  await expect(desk.getByRole("region", { name: "Messages" })).toContainText(`${email} created`);
  await expect(rowOf(desk, email)).toContainText("operator");
  await expect(peekOf(desk, email)).toContainText("Created Here");
});

test("an edit is saved and shown in the list at once", async ({ desk, createPerson }) => {
  const person = await createPerson("viewer", "edited");
  const peek = await openPeek(desk, person);
  await desk.keyboard.press("e");
  const dialog = desk.getByRole("dialog", { name: "Edit user" });
  await expect(dialog.getByLabel("Email")).toHaveValue(person.email);
  const newName = unique("Renamed");
  await dialog.getByLabel("Name").fill(newName);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(peek).toContainText(newName);
  await expect(rowOf(desk, person.email)).toContainText(newName);
});

test("a role change shows which rights are gained and what ends before it is made", async ({
  desk,
  openDesk,
  createPerson,
  server,
}) => {
  const person = await createPerson("viewer", "promoted");
  const theirs = await openDesk(person);
  await theirs.goto("/users");
  await expect(theirs.getByRole("link", { name: "Audit" })).toHaveCount(0);

  const peek = await openPeek(desk, person);
  await peek.getByRole("button", { name: "Role…" }).click();
  const dialog = desk.getByRole("dialog", { name: "Change role" });
  await expect(dialog.getByRole("button", { name: "Make viewer" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("radio", { name: "operator" }).check();
  const gained = dialog.getByRole("list", { name: /^Gains \d+ rights$/ });
  await expect(gained).toContainText("queue.jobs.retry");
  await expect(gained).toContainText("audit.list");
  await expect(gained).not.toContainText("users.create");
  await expect(dialog.getByRole("list", { name: /^Loses/ })).toHaveCount(0);
  await expect(dialog.getByRole("status")).toHaveText("This ends 1 session.");
  await dialog.getByLabel("Reason").fill("on call from Monday");
  await dialog.getByRole("button", { name: "Make operator" }).click();
  await expect(dialog).toBeHidden();
  await expect(rowOf(desk, person.email)).toContainText("operator");

  // A session keeps the role it was made with, so it ends, in a browser that nobody touches.
  await expect(theirs).toHaveURL(/\/sign-in/, { timeout: 5000 });
  await signIn(theirs.context(), server.url, person);
  await theirs.goto("/overview");
  await theirs.getByRole("link", { name: "Audit" }).click();
  await expect(theirs.getByRole("heading", { name: "Audit", level: 1 })).toBeVisible();
  await desk.goto(`/audit?target=${person.id}&action=users.setRole`);
  await desk.getByRole("row").filter({ hasText: "users.setRole" }).click();
  await expect(desk.getByRole("complementary", { name: "users.setRole" })).toContainText("on call from Monday");
});

test("a suspended person is signed out within five seconds, and may come back once restored", async ({
  desk,
  openDesk,
  createPerson,
}) => {
  const person = await createPerson("operator", "suspended");
  const theirs = await openDesk(person);
  await theirs.goto("/overview");
  await expect(theirs.getByText("Live", { exact: true })).toBeVisible();

  const peek = await openPeek(desk, person);
  await peek.getByRole("button", { name: "Suspend…" }).click();
  const dialog = desk.getByRole("dialog", { name: `Suspend ${person.email}?` });
  await expect(dialog.getByRole("status")).toHaveText("This ends 1 session.");
  await dialog.getByLabel("Reason").fill("left the company");
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await expect(dialog).toBeHidden();
  // Nothing is touched in their browser.
  await expect(theirs).toHaveURL(/\/sign-in/, { timeout: 5000 });
  await expect(peek).toContainText("Suspended");
  await expect(peek).toContainText("left the company");
  await expect(rowOf(desk, person.email)).toContainText("Suspended");

  const signIn = async (): Promise<void> => {
    await theirs.getByLabel("Email").fill(person.email);
    await theirs.getByRole("textbox", { name: "Password" }).fill(person.password);
    await theirs.getByRole("button", { name: "Sign in" }).click();
  };
  await signIn();
  await expect(theirs.getByRole("alert")).toHaveText("This account is suspended. An admin can restore it.");

  await peek.getByRole("button", { name: "Restore" }).click();
  await expect(rowOf(desk, person.email)).toContainText("Active");
  await signIn();
  await expect(theirs).toHaveURL(/\/overview$/);
});

test("deleting somebody says what ends, and Undo brings them back with their keys", async ({
  desk,
  openDesk,
  createPerson,
  client,
  server,
}) => {
  const person = await createPerson("operator", "deleted");
  const theirClient = await clientOf(server.url, person);
  const made = await theirClient.access.keys.create.mutate({ name: unique("kept") });
  const theirs = await openDesk(person);
  await theirs.goto("/users");
  await expect(theirs.getByRole("table", { name: "Users" })).toBeVisible();

  const peek = await openPeek(desk, person);
  await peek.getByRole("button", { name: "More actions" }).click();
  await desk.getByRole("menuitem", { name: "Delete…" }).click();
  const dialog = desk.getByRole("dialog", { name: `Delete ${person.email}?` });
  await expect(dialog.getByRole("status")).toHaveText("This ends 2 sessions and 1 API key.");
  await expect(dialog).toContainText("Can be brought back for 7 days.");
  await dialog.getByLabel("Reason").fill("twice in the list");
  await dialog.getByRole("button", { name: "Delete user" }).click();
  await expect(dialog).toBeHidden();
  await expect(desk).not.toHaveURL(/peek=/);
  await expect(rowOf(desk, person.email)).toHaveCount(0);
  await expect(theirs).toHaveURL(/\/sign-in/, { timeout: 5000 });
  await expect(client.users.get.query({ id: person.id })).rejects.toMatchObject({ data: { httpStatus: 404 } });

  await desk.keyboard.press("z");
  await expect(desk.getByRole("region", { name: "Messages" })).toContainText(`${person.email} is back`);
  await expect(peekOf(desk, person.email)).toBeVisible();
  await peekOf(desk, person.email).getByRole("tab", { name: "Keys" }).click();
  await expect(peekOf(desk, person.email).getByRole("list", { name: "API keys" })).toContainText(made.item.name);
  const call = await fetch(`${server.url}/trpc/access.me`, { headers: { authorization: `Bearer ${made.key}` } });
  expect(call.status).toBe(200);
  await signIn(theirs.context(), server.url, person);
});

test("who was deleted is listed with the day they are erased, and restored from there", async ({
  desk,
  createPerson,
  client,
}) => {
  const person = await createPerson("viewer", "regretted");
  await client.users.delete.mutate({ id: person.id });
  await desk.goto("/users");
  await desk.getByRole("tab", { name: "Recently deleted" }).click();
  await expect(desk).toHaveURL(/status=deleted/);
  const row = desk.getByRole("table", { name: "Recently deleted" }).getByRole("row").filter({ hasText: person.email });
  const erased = new Date(Date.now() + 7 * 24 * 3600 * 1000);
  await expect(row).toContainText(
    erased.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
  );
  await expect(row).toContainText("owner@desk.test");
  await row.hover();
  await row.getByRole("button", { name: `Restore ${person.email}` }).click();
  await expect(peekOf(desk, person.email)).toContainText("Active");
  await expect(rowOf(desk, person.email)).toBeVisible();
});

test("an email that was given away meanwhile keeps the deleted from coming back, and says so", async ({
  desk,
  createPerson,
  client,
}) => {
  const person = await createPerson("viewer", "replaced");
  await client.users.delete.mutate({ id: person.id });
  await client.users.create.mutate({ email: person.email, name: "Their successor" });
  await desk.goto("/users?status=deleted");
  const row = desk.getByRole("row").filter({ hasText: person.email });
  await row.hover();
  await row.getByRole("button", { name: `Restore ${person.email}` }).click();
  const messages = desk.getByRole("region", { name: "Messages" });
  await expect(messages.getByRole("alert")).toContainText("Not brought back");
  await expect(messages).toContainText(person.email);
  await expect(row).toBeVisible();
});

test("an admin resets the factors of who lost their phone", async ({ desk, openDesk, createPerson, server }) => {
  const person = await createPerson("operator", "phoneless");
  await turnOnTwoFactor(server.url, person);
  const peek = await openPeek(desk, person);
  await expect(peek).toContainText("Has an authenticator app.");
  await peek.getByRole("button", { name: "Reset factors…" }).click();
  const dialog = desk.getByRole("dialog", { name: `Reset the factors of ${person.email}?` });
  await dialog.getByLabel("Reason").fill("phone stolen");
  await dialog.getByRole("button", { name: "Reset factors" }).click();
  await expect(dialog).toBeHidden();
  await expect(peek).toContainText("None: the password alone lets them in.");
  await expect(peek.getByRole("button", { name: "Reset factors…" })).toHaveAttribute("aria-disabled", "true");
  // No code is asked for any more.
  const theirs = await openDesk(person);
  await theirs.goto("/overview");
  await expect(theirs.getByRole("navigation", { name: "Pages" })).toBeVisible();
});

test("nobody can suspend or delete themselves, and the control says why", async ({ desk, client }) => {
  const { user } = await client.access.me.query();
  const peek = await openPeek(desk, user);
  const suspend = peek.getByRole("button", { name: "Suspend…" });
  await expect(suspend).toHaveAttribute("aria-disabled", "true");
  await suspend.focus();
  await suspend.hover();
  await expect(desk.getByRole("tooltip")).toHaveText("You cannot suspend yourself.");
  await peek.getByRole("button", { name: "More actions" }).click();
  await expect(desk.getByRole("menuitem", { name: "Delete…" })).toBeDisabled();
  await expect(desk.getByText("You cannot delete yourself.")).toBeVisible();
});

test("the last owner can neither be demoted nor deleted", async ({ desk, createPerson, client }) => {
  const { user: me } = await client.access.me.query();
  const peek = await openPeek(desk, me);
  const role = peek.getByRole("button", { name: "Role…" });
  await expect(role).toHaveAttribute("aria-disabled", "true");
  await role.focus();
  await role.hover();
  await expect(desk.getByRole("tooltip")).toHaveText("You cannot change your own role.");
  // Past the page it is the server that refuses.
  for (const attempt of [
    client.users.setRole.mutate({ id: me.id, role: "admin" }),
    client.users.suspend.mutate({ id: me.id }),
    client.users.delete.mutate({ id: me.id }),
  ]) {
    await expect(attempt).rejects.toMatchObject({ data: { app: { code: "LAST_OWNER" } } });
  }
  const admin = await createPerson("admin", "climber");
  const theirs = await openPeek(desk, admin);
  await expect(theirs.getByRole("button", { name: "Role…" })).toBeEnabled();
});

test("the export streams the people that match the filters into a file", async ({ desk, createPerson }) => {
  const word = unique("exported");
  const people = [await createPerson("viewer", word), await createPerson("operator", word)];
  await desk.goto(`/users?q=${word}&role=operator`);
  await desk.getByRole("button", { name: "Export" }).click();
  const [download] = await Promise.all([
    desk.waitForEvent("download"),
    desk.getByRole("menuitem", { name: "CSV", exact: true }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("users.csv");
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^id,email,name,role/);
  expect(lines[1]).toContain(people[1]?.email);
  await expect(desk.getByRole("region", { name: "Messages" })).toContainText(/users\.csv saved, \d+ B/);

  await desk.goto(`/users?q=${word}`);
  await desk.getByRole("button", { name: "Export" }).click();
  const [second] = await Promise.all([
    desk.waitForEvent("download"),
    desk.getByRole("menuitem", { name: "NDJSON" }).click(),
  ]);
  const rows = (await readFile(await second.path(), "utf8")).trim().split("\n");
  expect(rows.map((row) => (JSON.parse(row) as { email: string }).email).sort()).toEqual(
    people.map(({ email }) => email).sort(),
  );
});

test("an export that is cut off or refused says so, and saves no file", async ({
  browser,
  server,
  createPerson,
  client,
}) => {
  const person = await createPerson("viewer", "leaver");
  // Not watched for errors in the console: the browser writes one of its own for a connection that is cut.
  await using context = await browser.newContext({ baseURL: server.url });
  await signIn(context, server.url, person);
  const theirs = await context.newPage();
  await theirs.goto("/users");
  await expect(theirs.getByRole("table", { name: "Users" })).toBeVisible();
  let downloads = 0;
  theirs.on("download", () => (downloads += 1));
  const start = async (): Promise<void> => {
    await theirs.getByRole("button", { name: "Export", exact: true }).click();
    await theirs.getByRole("menuitem", { name: "CSV", exact: true }).click();
  };

  await theirs.route("**/api/users/export**", (route) => route.abort("connectionreset"), { times: 1 });
  await start();
  await expect(theirs.getByRole("alert")).toContainText("The export did not work");
  await expect(theirs.getByRole("button", { name: "Export", exact: true })).toBeEnabled();

  // The session ends between the page and the button.
  await theirs.route("**/api/users/export**", async (route) => {
    await client.users.suspend.mutate({ id: person.id });
    await route.continue();
  });
  await start();
  await expect(theirs).toHaveURL(/\/sign-in/);
  expect(downloads).toBe(0);
});
