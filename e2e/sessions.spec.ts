import type { Locator, Page } from "@playwright/test";
import { clientOf, expect, owner, type Person, signIn, test, unique, pressChord } from "./desk.ts";
import { figureOf } from "./figures.ts";

function rowsOf(page: Page, text: string): Locator {
  return page.getByRole("table", { name: "Sessions" }).getByRole("row").filter({ hasText: text });
}

async function endFromRow(page: Page, row: Locator): Promise<void> {
  await row.hover();
  await row.getByRole("button", { name: /^End the session/ }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("This cannot be undone");
}

test("one session is ended from its row, and its browser is signed out", async ({ desk, openDesk, createPerson }) => {
  const person = await createPerson("operator", "one-session");
  const theirs = await openDesk(person);
  await theirs.goto("/overview");
  const other = await openDesk(person);
  await other.goto("/overview");
  await desk.goto(`/sessions?q=${person.email}`);
  await expect(rowsOf(desk, person.email)).toHaveCount(2);
  await expect(rowsOf(desk, person.email).first()).toContainText("Chrome · Linux");

  // Newest first: that of `other`.
  await endFromRow(desk, rowsOf(desk, person.email).first());
  await expect(rowsOf(desk, person.email)).toHaveCount(1);
  await expect(other).toHaveURL(/\/sign-in/, { timeout: 5000 });
  await expect(theirs).toHaveURL(/\/overview/);
});

test("one's own session is marked and cannot be ended by a slip", async ({ desk }) => {
  await desk.goto(`/sessions?q=${owner.email}`);
  const own = rowsOf(desk, "this one");
  await expect(own).toHaveCount(1);
  await own.hover();
  const end = own.getByRole("button", { name: /^End the session/ });
  await expect(end).toHaveAttribute("aria-disabled", "true");
  await end.focus();
  await end.hover();
  await expect(desk.getByRole("tooltip")).toHaveText("This is your own session. Sign out from the account menu.");
});

test("selected sessions end together, and one's own is left out of them", async ({ desk, createPerson, server }) => {
  const person = await createPerson("viewer", "picked");
  for (let count = 0; count < 3; count += 1) await clientOf(server.url, person);
  await desk.goto("/sessions");
  await expect(rowsOf(desk, person.email)).toHaveCount(3);
  for (const row of await rowsOf(desk, person.email).all()) await row.getByRole("checkbox").check();
  await rowsOf(desk, "this one").getByRole("checkbox").check();
  await desk.getByRole("button", { name: "End 3 sessions…" }).click();
  const dialog = desk.getByRole("dialog", { name: "End 3 sessions?" });
  await expect(dialog).toContainText("1 of the selected stays");
  await dialog.getByRole("button", { name: "End 3 sessions" }).click();
  await expect(dialog).toBeHidden();
  await expect(desk.getByRole("region", { name: "Messages" })).toContainText("3 sessions ended");
  await expect(rowsOf(desk, person.email)).toHaveCount(0);
  await expect(rowsOf(desk, "this one")).toHaveCount(1);
});

test("all matching sessions end as they were counted, and those of later stay", async ({
  desk,
  openDesk,
  createPerson,
  client,
  server,
}) => {
  const word = unique("matching");
  const people: Person[] = [await createPerson("viewer", word), await createPerson("operator", word)];
  const bystander = await createPerson("viewer", "bystander");
  for (const person of [...people, ...people, bystander]) await clientOf(server.url, person);
  const theirs = await openDesk(people[0]);
  await theirs.goto("/overview");

  await desk.goto("/sessions");
  await desk.getByRole("searchbox", { name: "Email, name or address" }).fill(word);
  await expect(desk).toHaveURL(new RegExp(`q=${word}`));
  await expect(rowsOf(desk, word)).toHaveCount(5);
  await desk.getByRole("button", { name: "End all matching…" }).click();
  const dialog = desk.getByRole("dialog", { name: "End all matching sessions?" });
  await expect(dialog).toContainText(/Frozen at \d\d:\d\d:\d\d/);
  await expect(dialog).toContainText(`starts with ${word}`);
  await expect(figureOf(dialog, "Sessions end")).toContainText("5");
  await expect(figureOf(dialog, "People signed out")).toContainText("2");
  await expect(dialog.getByRole("listitem")).toHaveCount(5);

  // Between the count and the confirmation: not counted, so not ended.
  const [late] = people;
  if (!late) throw new Error("There is a first person.");
  await clientOf(server.url, late);

  const submit = dialog.getByRole("button", { name: "End 5 sessions" });
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("Type 5 to go on").fill("5");
  await dialog.getByLabel("Reason").fill("lost laptop");
  await submit.click();
  await expect(dialog).toBeHidden();
  await expect(desk.getByRole("region", { name: "Messages" })).toContainText("5 sessions ended");
  await expect(theirs).toHaveURL(/\/sign-in/, { timeout: 5000 });
  await expect(rowsOf(desk, word)).toHaveCount(1);
  expect((await client.access.sessions.list.query({ userId: bystander.id })).items).toHaveLength(1);
  const { items } = await client.audit.list.query({ action: "access.sessions.revokeAll", limit: 5 });
  const event = await client.audit.get.query({ id: items[0]?.id ?? "" });
  expect(event).toMatchObject({ reason: "lost laptop", after: { revoked: 5, people: 2 } });
});

test("all sessions of one person end from their page", async ({ desk, openDesk, createPerson, server }) => {
  const person = await createPerson("viewer", "everywhere");
  await clientOf(server.url, person);
  const theirs = await openDesk(person);
  await theirs.goto("/overview");
  await desk.goto(`/users/${person.id}?tab=sessions`);
  await expect(desk.getByRole("list", { name: "Sessions" }).getByRole("listitem")).toHaveCount(2);
  await desk.getByRole("button", { name: "End all of this person…" }).click();
  const dialog = desk.getByRole("dialog");
  await expect(dialog).toContainText(`Person is ${person.email}`);
  await dialog.getByLabel("Type 2 to go on").fill("2");
  await dialog.getByRole("button", { name: "End 2 sessions" }).click();
  await expect(theirs).toHaveURL(/\/sign-in/, { timeout: 5000 });
  await expect(desk.getByText("Not signed in")).toBeVisible();
});

test("an operator sees their own sessions only, and says why", async ({ openDesk, createPerson, server }) => {
  const person = await createPerson("operator", "own-only");
  await clientOf(server.url, person);
  const page = await openDesk(person);
  await page.goto("/sessions");
  await expect(page.getByText("You see your own sessions; an admin sees those of all.")).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Email" })).toHaveCount(0);
  await expect(rowsOf(page, "127.0.0.1")).toHaveCount(2);
  await endFromRow(page, rowsOf(page, "127.0.0.1").last());
  await expect(rowsOf(page, "127.0.0.1")).toHaveCount(1);
  await expect(rowsOf(page, "this one")).toHaveCount(1);
});

test("an admin cannot end what is an owner's", async ({ openDesk, createPerson, client }) => {
  const admin = await createPerson("admin", "limited");
  const page = await openDesk(admin);
  await page.goto(`/sessions?q=${owner.email}`);
  const row = rowsOf(page, owner.email).first();
  await row.hover();
  const end = row.getByRole("button", { name: /^End the session/ });
  await end.focus();
  await end.hover();
  await expect(page.getByRole("tooltip")).toHaveText("This person is owner, which is above your role.");
  await page.getByRole("button", { name: "End all matching…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(figureOf(dialog, "Sessions end")).toContainText("0");
  await expect(figureOf(dialog, "Stay, above your role")).toContainText(/[1-9]/);
  await expect(dialog.getByRole("button", { name: "End 0 sessions" })).toHaveAttribute("aria-disabled", "true");
  expect((await client.access.me.query()).user.email).toBe(owner.email);
});

test("filters are in the address, and an empty list clears them", async ({ desk, openDesk, server }) => {
  await desk.goto("/sessions");
  await desk.getByRole("button", { name: "Idle" }).click();
  await desk.getByRole("menuitem", { name: "30 days" }).click();
  await expect(desk).toHaveURL(/idle=30/);
  await expect(desk.getByText("No session matches these filters")).toBeVisible();
  await desk.getByRole("button", { name: "Clear all" }).click();
  await expect(desk).toHaveURL(/\/sessions$/);
  await expect(rowsOf(desk, "this one")).toHaveCount(1);

  const page = await openDesk();
  await signIn(page.context(), server.url, owner);
  await page.goto("/sessions?idle=31");
  await expect(page.getByText("idle = 31 is not understood, so it is ignored.")).toBeVisible();
  await pressChord(page, "g", "u");
  await expect(page).toHaveURL(/\/users/);
  await pressChord(page, "g", "n");
  await expect(page).toHaveURL(/\/sessions/);
});
