import type { Locator, Page } from "@playwright/test";
import { clientOf, expect, test, unique } from "./desk.ts";

interface Called {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
}

/** A call as a program makes it. */
async function callWith(url: string, key: string, path: string, agent = "ci-runner/2.1"): Promise<Called> {
  const input = path.endsWith(".list") ? `?input=${encodeURIComponent("{}")}` : "";
  const response = await fetch(`${url}/trpc/${path}${input}`, {
    headers: { authorization: `Bearer ${key}`, "user-agent": agent },
  });
  const body = (await response.json()) as { error?: { message: string; data: { app: { code: string } } } };
  return { status: response.status, code: body.error?.data.app.code, message: body.error?.message ?? "" };
}

function peekOf(page: Page, name: string): Locator {
  return page.getByRole("complementary", { name });
}

/** Closes the one dialog that shows a key, and answers it. */
async function takeShownKey(page: Page, name: string): Promise<string> {
  const dialog = page.getByRole("dialog", { name: `Key for ${name}` });
  const key = (await dialog.getByRole("region", { name: "API key" }).innerText()).trim();
  expect(key).toMatch(/^swb_[0-9a-z]+_/i);
  await dialog.getByRole("button", { name: "I have stored it" }).click();
  await expect(dialog).toBeHidden();
  return key;
}

test("a key is made with scopes, shown once, rotated with an overlap that reports its callers, and revoked", async ({
  desk,
  server,
}) => {
  test.slow();
  const name = unique("ci");
  await desk.goto("/keys");
  await expect(desk.getByRole("button", { name: "New key" }).first()).toBeVisible();
  await desk.keyboard.press("n");
  const create = desk.getByRole("dialog", { name: "New API key" });
  await create.getByRole("button", { name: "Create key" }).click();
  await expect(create.getByRole("alert")).toHaveText("Name: This field is required.");
  await create.getByLabel("Name", { exact: true }).fill(name);
  await create.getByLabel("Role", { exact: true }).selectOption("operator");
  await create.getByLabel("Calls a minute").fill("500");
  await create.getByLabel("Find a procedure").fill("jobs.list");
  await create.getByRole("checkbox", { name: "queue.jobs.list" }).check();
  await create.getByLabel("Find a procedure").fill("users");
  await create.getByRole("checkbox", { name: "users", exact: true }).check();
  // What a prefix covers is covered with it.
  await expect(create.getByRole("checkbox", { name: "users.list", exact: true })).toBeDisabled();
  await create.getByRole("button", { name: "Create key" }).click();
  const key = await takeShownKey(desk, name);
  await desk.reload();
  await expect(desk.getByText(key)).toHaveCount(0);

  expect(await callWith(server.url, key, "users.list")).toMatchObject({ status: 200 });
  const refused = await callWith(server.url, key, "limits.list");
  expect(refused).toMatchObject({ status: 403, code: "SCOPE_MISSING" });
  expect(refused.message).toBe("This key is held to queue.jobs.list, users; limits.list is outside of that.");

  await desk.getByRole("row").filter({ hasText: name }).click();
  const peek = peekOf(desk, name);
  await expect(peek).toContainText("500 calls a minute");
  await peek.getByLabel("May it call…").selectOption("limits.list");
  await expect(peek.getByText(/^No: this is outside of its scopes/)).toHaveText(
    "No: this is outside of its scopes, queue.jobs.list, users. The call is refused with SCOPE_MISSING.",
  );
  await peek.getByLabel("May it call…").selectOption("users.create");
  await expect(peek.getByText(/^No: this needs the role admin/)).toContainText("RIGHT_MISSING");
  expect(await callWith(server.url, key, "users.list")).toMatchObject({ status: 200 });
  await peek.getByLabel("May it call…").selectOption("users.list");
  await expect(peek.getByText("Yes: its role and its scopes reach this.")).toBeVisible();
  // Written some seconds after the call, and read anew while the panel is open.
  const callers = peek.getByRole("list", { name: "Callers" });
  await expect(callers).toContainText("127.0.0.1", { timeout: 15_000 });
  await expect(callers).toContainText("ci-runner/2.1");

  await peek.getByRole("button", { name: "Rotate…" }).click();
  const rotate = desk.getByRole("dialog", { name: `Rotate ${name}?` });
  await expect(rotate.getByRole("status")).toContainText("1 caller used it within 24 hours");
  await rotate.getByRole("radio", { name: "1 hour" }).check();
  await rotate.getByRole("button", { name: "Rotate key" }).click();
  const newKey = await takeShownKey(desk, name);
  expect(newKey).not.toBe(key);
  expect(await callWith(server.url, newKey, "users.list", "ci-runner/3.0")).toMatchObject({ status: 200 });
  expect(await callWith(server.url, key, "users.list")).toMatchObject({ status: 200 });
  await expect(peek.getByText("Old key still used by 1 caller")).toBeVisible({ timeout: 15_000 });
  await expect(callers.getByRole("listitem").filter({ hasText: "old key" })).toHaveCount(1, { timeout: 15_000 });

  await peek.getByRole("button", { name: "Revoke…" }).click();
  const revoke = desk.getByRole("dialog", { name: `Revoke ${name}?` });
  await expect(revoke.getByRole("status")).toContainText(/\d callers? used it within 24 hours/);
  const submit = revoke.getByRole("button", { name: "Revoke key" });
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  await revoke.getByLabel(`Type ${name} to go on`).fill(name);
  await submit.click();
  await expect(revoke).toBeHidden();
  await expect(peek).toContainText("Revoked");
  for (const each of [key, newKey]) {
    await expect
      .poll(async () => (await callWith(server.url, each, "users.list")).code, { timeout: 5000 })
      .toBe("KEY_INVALID");
  }
});

test("a key is renamed and limited, and the limit holds", async ({ desk, client, server }) => {
  const name = unique("limited");
  const made = await client.access.keys.create.mutate({ name });
  await desk.goto(`/keys?peek=${made.id}`);
  await expect(peekOf(desk, name)).toBeVisible();
  await desk.keyboard.press("e");
  const dialog = desk.getByRole("dialog", { name: "Edit key" });
  await expect(dialog.getByRole("button", { name: "Save" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("Calls a minute").fill("many");
  await expect(dialog).toContainText("A whole number from 1 to 1,000,000.");
  await dialog.getByLabel("Calls a minute").fill("2");
  await dialog.getByLabel("Name").fill(`${name}-slow`);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(peekOf(desk, `${name}-slow`)).toContainText("2 calls a minute");
  await expect
    .poll(async () => (await callWith(server.url, made.key, "access.me")).code, { timeout: 10_000 })
    .toBe("RATE_LIMITED");
});

test("keys are found by name and status, and an admin sees whose they are", async ({
  desk,
  client,
  createPerson,
  openDesk,
  server,
}) => {
  const person = await createPerson("operator", "key-owner");
  const theirs = await clientOf(server.url, person);
  const [kept, ended] = [unique("kept"), unique("ended")];
  await theirs.access.keys.create.mutate({ name: kept });
  const { id } = await theirs.access.keys.create.mutate({ name: ended });
  await client.access.keys.revoke.mutate({ id });

  await desk.goto("/keys");
  await desk.getByRole("searchbox", { name: "Name, key or owner" }).fill(person.email);
  const rows = desk.getByRole("table", { name: "API keys" }).getByRole("row");
  await expect(rows.filter({ hasText: person.email })).toHaveCount(2);
  await desk.getByRole("button", { name: "Status" }).click();
  await desk.getByRole("menuitem", { name: "Revoked" }).click();
  await expect(desk).toHaveURL(/status=revoked/);
  await expect(rows.filter({ hasText: ended })).toHaveCount(1);
  await expect(rows.filter({ hasText: kept })).toHaveCount(0);
  await desk.getByRole("searchbox", { name: "Name, key or owner" }).fill("nobody-has-this");
  await expect(desk.getByText("No key matches these filters")).toBeVisible();
  await desk.getByRole("button", { name: "Clear all" }).click();
  await expect(desk).toHaveURL(/\/keys$/);

  const page = await openDesk(person);
  await page.goto("/keys");
  await expect(page.getByText("You see your own keys; an admin sees those of all.")).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Owner" })).toHaveCount(0);
  await expect(page.getByRole("table", { name: "API keys" })).toContainText(kept);
});

test("somebody else's key can be revoked but not rotated", async ({ desk, createPerson, server }) => {
  const person = await createPerson("operator", "other");
  const name = unique("theirs");
  const { id, key } = await (await clientOf(server.url, person)).access.keys.create.mutate({ name });
  await desk.goto(`/keys?peek=${id}`);
  const rotate = peekOf(desk, name).getByRole("button", { name: "Rotate…" });
  await expect(rotate).toHaveAttribute("aria-disabled", "true");
  await rotate.focus();
  await rotate.hover();
  await expect(desk.getByRole("tooltip")).toHaveText("Only its owner can rotate a key. You can revoke it.");
  await peekOf(desk, name).getByRole("button", { name: "Revoke…" }).click();
  const dialog = desk.getByRole("dialog");
  await dialog.getByLabel(`Type ${name} to go on`).fill(name);
  await dialog.getByRole("button", { name: "Revoke key" }).click();
  await expect(dialog).toBeHidden();
  await expect
    .poll(async () => (await callWith(server.url, key, "access.me")).code, { timeout: 5000 })
    .toBe("KEY_INVALID");
});
