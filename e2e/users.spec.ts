import type { Locator, Page } from "@playwright/test";
import { expect, test, unique } from "./desk.ts";

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

test("a role change shows which rights are gained before it is made", async ({ desk, openDesk, createPerson }) => {
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
  await dialog.getByRole("button", { name: "Make operator" }).click();
  await expect(dialog).toBeHidden();
  await expect(rowOf(desk, person.email)).toContainText("operator");

  await theirs.reload();
  await theirs.getByRole("link", { name: "Audit" }).click();
  await expect(theirs.getByRole("heading", { name: "Audit", level: 1 })).toBeVisible();
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

test("deleting somebody takes their email typed out, and takes their session along", async ({
  desk,
  openDesk,
  createPerson,
}) => {
  const person = await createPerson("viewer", "deleted");
  const theirs = await openDesk(person);
  await theirs.goto("/users");
  await expect(theirs.getByRole("table", { name: "Users" })).toBeVisible();

  const peek = await openPeek(desk, person);
  await peek.getByRole("button", { name: "More actions" }).click();
  await desk.getByRole("menuitem", { name: "Delete…" }).click();
  const dialog = desk.getByRole("dialog", { name: `Delete ${person.email}?` });
  const submit = dialog.getByRole("button", { name: "Delete user" });
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  const typed = dialog.getByLabel(`Type ${person.email} to go on`);
  await typed.fill("somebody else");
  await typed.press("Enter");
  await expect(dialog).toBeVisible();
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  await typed.fill(person.email);
  await submit.click();
  await expect(dialog).toBeHidden();
  await expect(desk).not.toHaveURL(/peek=/);
  await expect(rowOf(desk, person.email)).toHaveCount(0);
  await expect(theirs).toHaveURL(/\/sign-in/, { timeout: 5000 });
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

test("a pasted CSV is checked row by row and only its good rows are created", async ({
  desk,
  client,
  createPerson,
}) => {
  const taken = await createPerson("viewer", "csv-taken");
  const batch = unique("csv");
  const lines = [
    "Full name;E-mail;Role",
    `"Ada; Countess";${batch}-ada@desk.test;operator`,
    `Bo;${batch}-bo@desk.test;`,
    "Nobody;not an email;viewer",
    `;${batch}-nameless@desk.test;viewer`,
    `Cy;${batch}-cy@desk.test;emperor`,
    `Again;${batch}-ada@desk.test;viewer`,
    `Taken;${taken.email};viewer`,
  ];
  await desk.goto("/users");
  await desk.getByRole("button", { name: "Import CSV…" }).click();
  const dialog = desk.getByRole("dialog", { name: "Import users" });
  await dialog.getByLabel("CSV").fill(lines.join("\r\n"));
  await expect(dialog.getByRole("status")).toContainText("3 rows are fine");
  await expect(dialog.getByRole("status")).toContainText("4 rows have a problem");

  const rows = dialog.getByRole("region", { name: "Rows of the file" }).getByRole("row");
  await expect(rows.nth(1)).toContainText("Ada; Countess");
  await expect(rows.nth(1)).toContainText("operator");
  await expect(rows.nth(2)).toContainText("viewer");
  await expect(rows.nth(3)).toContainText("no valid email");
  await expect(rows.nth(4)).toContainText("no name");
  await expect(rows.nth(5)).toContainText("no such role");
  await expect(rows.nth(6)).toContainText("same email in an earlier row");
  await dialog.getByLabel("Problems only").check();
  await expect(rows).toHaveCount(5);

  // The server knows one more: with it nothing is stored, and the row is marked.
  await dialog.getByRole("button", { name: "Create 3 users" }).click();
  await expect(dialog.getByText("Nothing was stored: 1 email is taken.")).toBeVisible();
  await expect(rows.filter({ hasText: taken.email })).toContainText("somebody has this email");
  expect((await client.users.list.query({ search: batch })).items).toEqual([]);

  await dialog.getByRole("button", { name: "Create 2 users" }).click();
  await expect(dialog).toBeHidden();
  await expect(desk.getByRole("region", { name: "Messages" })).toContainText("2 users created");
  await expect(rowOf(desk, `${batch}-ada@desk.test`)).toContainText("Ada; Countess");
  await expect(rowOf(desk, `${batch}-bo@desk.test`)).toContainText("viewer");
});
