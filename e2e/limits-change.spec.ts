import type { Locator, Page } from "@playwright/test";
import { changeInDatabaseOf } from "../packages/testing/src/server-database.ts";
import { findViolations } from "./axe.ts";
import { createCaller } from "./callers.ts";
import { type Client, expect, sidewaysOf, test } from "./desk.ts";

// 50 calls in any 10 s of each address, as configured; an operator may set 25 to 200.
const NAME = "lab.rateLimited.rate";
const CONFIGURED = 50;

function peekOf(page: Page, name = NAME): Locator {
  return page.getByRole("complementary", { name: `Limit ${name}` });
}
function dialogOf(page: Page, name = NAME): Locator {
  return page.getByRole("dialog", { name: `Edit ${name}` });
}
function toastOf(page: Page): Locator {
  return page.getByRole("region", { name: "Messages" });
}
function limitOf(client: Client, name = NAME) {
  return client.limits.get.query({ name });
}

async function openPeek(page: Page, name = NAME): Promise<Locator> {
  await page.goto(`/limits?peek=${name}`);
  const peek = peekOf(page, name);
  await expect(peek.getByRole("button", { name: "Edit" })).toBeVisible();
  return peek;
}

async function openDialog(page: Page, name = NAME): Promise<Locator> {
  await openPeek(page, name);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.keyboard.press("e");
  const dialog = dialogOf(page, name);
  await expect(dialog.getByRole("textbox").first()).toBeFocused();
  return dialog;
}

async function applyFor(dialog: Locator, name: string): Promise<void> {
  // The radio itself has no size: its words are what one presses.
  await dialog.getByRole("radiogroup", { name: "Apply for" }).getByText(name, { exact: true }).click();
  await expect(dialog.getByRole("radio", { name, exact: true })).toBeChecked();
}

test.beforeEach(async ({ client }) => {
  for (const { name, change } of (await client.limits.list.query()).items) {
    if (change) await client.limits.update.mutate({ name, restore: "configured" });
  }
});

test("an operator lowers a limit for a time, callers are refused sooner, and Revert now lets them through again", async ({
  openDesk,
  createPerson,
  client,
  server,
}) => {
  const operator = await createPerson("operator");
  const page = await openDesk(operator);
  expect(await createCaller(server.url).allowedOf(60)).toBe(CONFIGURED);

  const dialog = await openDialog(page);
  const submit = dialog.getByRole("button", { name: /^Apply/ });
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  const field = dialog.getByLabel("Allow in 10 s");
  await expect(dialog).toContainText("was 50");
  await expect(field).toHaveAccessibleDescription("Operators may set 25 to 200.");
  await field.fill("24");
  await expect(field).toHaveAccessibleDescription("Operators may set 25 to 200; beyond that takes an admin.");
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  await field.fill("201");
  await expect(field).toHaveAccessibleDescription("This must be from 1 to 200.");
  await field.fill("25");
  await expect(dialog).toContainText("Each caller may make 25 calls in any 10 s.");
  await expect(dialog).toContainText("then back to 50 in 10 s by itself");
  // A caller that has used more than that at this moment.
  await createCaller(server.url).allowedOf(40);
  await expect(dialog.getByRole("status").filter({ hasText: "used 40 already" })).toContainText(
    "it is refused until it is below 25.",
  );
  await dialog.getByLabel("Reason").fill("a crawler asks too often");
  await expect(submit).toHaveText(/^Apply, revert at \d\d:\d\d$/);
  await page.keyboard.press("Control+Enter");
  await expect(dialog).toBeHidden();
  await expect(toastOf(page)).toContainText(new RegExp(`${NAME} changed, back at \\d\\d:\\d\\d`));

  const peek = peekOf(page);
  await expect(peek).toContainText("Back to 50 in 10 s at");
  await expect(peek).toContainText(/in 1[45] min/);
  await expect(peek).toContainText(operator.email);
  await expect(peek).toContainText("a crawler asks too often");
  await expect(page.getByRole("row").filter({ hasText: "lab.rateLimited" })).toContainText("temporary");
  expect(await createCaller(server.url).allowedOf(60)).toBe(25);

  await peek.getByRole("button", { name: "Revert now" }).click();
  await expect(toastOf(page)).toContainText(`${NAME} is as before the change`);
  await expect(peek.getByRole("button", { name: "Revert now" })).toBeHidden();
  await expect(page.getByRole("row").filter({ hasText: "lab.rateLimited" })).not.toContainText("temporary");
  expect((await limitOf(client)).change).toBeNull();
  expect(await createCaller(server.url).allowedOf(60)).toBe(CONFIGURED);
  await expect(
    peek
      .getByRole("listitem")
      .filter({ hasText: `Set back by ${operator.email}` })
      .first(),
  ).toBeVisible();
});

test("a raised limit lets a caller that was refused go on, and goes back by itself when the time is up", async ({
  desk,
  client,
  server,
}) => {
  test.slow();
  const caller = createCaller(server.url);
  expect(await caller.allowedOf(60)).toBe(CONFIGURED);
  const dialog = await openDialog(desk);
  await dialog.getByLabel("Allow in 10 s").fill("150");
  await applyFor(dialog, "5 min");
  await dialog.getByRole("button", { name: /^Apply, revert at/ }).click();
  await expect(dialog).toBeHidden();
  // What it has used stays used, as far as it is not 10 s ago.
  expect(await caller.allowedOf(160)).toBeGreaterThanOrEqual(100);
  const peek = peekOf(desk);
  await expect(peek).toContainText(/in [45] min/);

  const moved = "UPDATE limit_change SET revert_at = now() - interval '1 second' WHERE name = $1";
  expect(await changeInDatabaseOf(server, moved, [NAME])).toBe(1);
  await expect(peek.getByRole("button", { name: "Keep" })).toBeHidden({ timeout: 20_000 });
  await expect(
    peek.getByRole("listitem").filter({ hasText: "Went back by itself" }).filter({ hasText: "50 in 10 s" }).first(),
  ).toBeVisible({ timeout: 20_000 });
  expect((await limitOf(client)).limit).toBe(CONFIGURED);
  expect(await createCaller(server.url).allowedOf(60)).toBe(CONFIGURED);
});

test("what is kept stays, can be restored, and each act is taken back from its toast or from the audit log", async ({
  desk,
  client,
}) => {
  test.slow();
  await client.limits.update.mutate({ name: NAME, values: { limit: 80 }, forMs: 900_000, reason: "a busy hour" });
  const { change: before } = await limitOf(client);
  const peek = await openPeek(desk);
  await peek.getByRole("button", { name: "Keep" }).click();
  await expect(peek.getByRole("button", { name: "Restore configured" })).toBeVisible();
  await toastOf(desk).getByRole("button", { name: "Undo" }).click();
  await expect(toastOf(desk)).toContainText(`${NAME} is as it was`);
  // As before the act: the same time, and the same to go back to.
  const { revertAt, revertTo } = before ?? {};
  await expect.poll(async () => (await limitOf(client)).change).toMatchObject({ revertAt, revertTo });
  await peek.getByRole("button", { name: "Keep" }).click();
  await expect(peek.getByRole("button", { name: "Restore configured" })).toBeVisible();
  await expect(peek).toContainText("Holds until somebody changes it.");
  await expect(desk.getByRole("row").filter({ hasText: "lab.rateLimited" })).toContainText("changed");
  expect(await limitOf(client)).toMatchObject({ limit: 80, change: { revertAt: null } });

  await peek.getByRole("button", { name: "Restore configured" }).click();
  await expect(toastOf(desk)).toContainText(`${NAME} is as configured`);
  await expect.poll(async () => (await limitOf(client)).change).toBeNull();
  await toastOf(desk).getByRole("button", { name: "Undo" }).last().click();
  await expect.poll(() => limitOf(client)).toMatchObject({ limit: 80, change: { revertAt: null } });
  await expect(peek.getByRole("listitem").filter({ hasText: "Undone by" }).first()).toBeVisible();
  await peek.getByRole("button", { name: "Restore configured" }).click();
  await expect.poll(async () => (await limitOf(client)).limit).toBe(CONFIGURED);

  const dialog = await openDialog(desk);
  await dialog.getByLabel("Allow in 10 s").fill("120");
  await applyFor(dialog, "Keep");
  await expect(dialog).toContainText("until somebody changes it");
  await dialog.getByRole("button", { name: "Apply and keep" }).click();
  await expect(peek).toContainText("120 in 10 s");
  await peek.getByRole("link", { name: "Audit log" }).click();
  await expect(desk).toHaveURL(new RegExp(`/audit\\?target=${NAME}`));
  const row = desk.getByRole("table", { name: "Audit" }).getByRole("row").filter({ hasText: "limits.update" }).first();
  await row.click();
  await expect(desk.getByRole("complementary").getByRole("definition").filter({ hasText: "120" })).toContainText("+");
  await desk.keyboard.press("z");
  const undo = desk.getByRole("dialog", { name: "Undo limits.update?" });
  await expect(undo.getByRole("definition").filter({ hasText: "120" })).toContainText("−");
  await desk.keyboard.press("Control+Enter");
  await expect(undo).toBeHidden();
  expect((await limitOf(client)).limit).toBe(CONFIGURED);
});

test("of two operators the one who comes second is told who came first, and loses nothing of what was typed", async ({
  openDesk,
  createPerson,
  client,
}) => {
  const name = "bulk.rate";
  const [first, second] = [await createPerson("operator"), await createPerson("operator", "second")];
  const page = await openDesk(first);
  const dialog = await openDialog(page, name);
  await dialog.getByLabel("In a row (burst)").fill("30");
  await dialog.getByLabel("Reason").fill("the nightly import");
  // The page reads no newer values, so that the refusal of the server is what tells.
  await page.route(/limits\.list/, () => undefined);
  const other = await openDesk(second);
  const theirs = await openDialog(other, name);
  await theirs.getByLabel("Allow per second").fill("8");
  await theirs.getByRole("button", { name: /^Apply/ }).click();
  await expect(theirs).toBeHidden();

  await dialog.getByRole("button", { name: /^Apply/ }).click();
  const notice = dialog.getByRole("status").filter({ hasText: "after you opened it" });
  await expect(notice).toContainText(new RegExp(`${second.email} changed this limit at \\d\\d:\\d\\d:\\d\\d`));
  await expect(dialog.getByRole("button", { name: /^Apply/ })).toHaveAttribute("aria-disabled", "true");
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await notice.getByRole("button", { name: "Load new values" }).click();
  await expect(notice).toBeHidden();
  await expect(dialog.getByLabel("Allow per second")).toHaveValue("8");
  await expect(dialog.getByLabel("In a row (burst)")).toHaveValue("30");
  await expect(dialog.getByLabel("Reason")).toHaveValue("the nightly import");
  await dialog.getByRole("button", { name: /^Apply/ }).click();
  await expect(dialog).toBeHidden();
  expect(await limitOf(client, name)).toMatchObject({ limit: 8, burst: 30, change: { by: first.email } });
});

test("a viewer finds the edit off with the right that it needs, and reads who changed what", async ({
  openDesk,
  createPerson,
  client,
}) => {
  await client.limits.update.mutate({ name: NAME, values: { limit: 60 }, forMs: 900_000, reason: "for the viewer" });
  const page = await openDesk(await createPerson("viewer"));
  const peek = await openPeek(page);
  await expect(peek).toContainText("for the viewer");
  for (const name of ["Edit", "Keep", "Revert now"]) {
    await expect(peek.getByRole("button", { name })).toHaveAttribute("aria-disabled", "true");
  }
  await peek.getByRole("button", { name: "Edit" }).hover();
  await expect(page.getByRole("tooltip")).toContainText("Needs limits.update, which the role viewer does not have.");
  await page.keyboard.press("e");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(peek.getByRole("link", { name: "Audit log" })).toHaveCount(0);
});

test("the history of a limit begins empty and comes in pages", async ({ desk, client }) => {
  const name = "waiting.concurrency";
  const peek = await openPeek(desk, name);
  await expect(peek).toContainText("Nobody has changed this limit.");
  for (let limit = 1001; limit <= 1012; limit += 1) {
    await client.limits.update.mutate({ name, values: { limit } });
  }
  const entries = peek.getByRole("listitem").filter({ hasText: "Changed by" });
  await expect(entries).toHaveCount(10);
  await peek.getByRole("button", { name: "Show more" }).click();
  await expect(entries).toHaveCount(12);
  await expect(peek.getByRole("button", { name: "Show more" })).toHaveCount(0);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`a changed limit and its dialog break no rule of axe in the ${colorScheme} theme and fit a phone`, async ({
    desk,
    client,
  }) => {
    test.slow();
    await client.limits.update.mutate({ name: NAME, values: { limit: 60 }, forMs: 900_000, reason: "to be looked at" });
    await desk.emulateMedia({ colorScheme });
    const isZh = colorScheme === "dark";
    if (isZh) {
      await desk.goto("/settings/me");
      await desk.getByRole("button", { name: "Language" }).click();
      await desk.getByRole("menuitemradio", { name: "简体中文" }).click();
      await expect(desk.locator("html")).toHaveAttribute("lang", "zh-CN");
    }
    await desk.goto(`/limits?peek=${NAME}`);
    const peek = desk.getByRole("complementary");
    await expect(peek).toContainText("to be looked at");
    await expect(peek.getByRole("button", { name: isZh ? "立即恢复" : "Revert now" })).toBeVisible();
    expect(await findViolations(desk)).toEqual([]);
    await peek.getByRole("button", { name: isZh ? "编辑" : "Edit" }).click();
    const dialog = desk.getByRole("dialog");
    await dialog.getByLabel(isZh ? "10 s 内允许" : "Allow in 10 s").fill("0");
    await expect(dialog).toContainText(isZh ? "必须在 1 到 200 之间。" : "This must be from 1 to 200.");
    expect(await findViolations(desk)).toEqual([]);

    await desk.setViewportSize({ width: 390, height: 844 });
    await expect(dialog).toBeVisible();
    expect(await sidewaysOf(desk), "the dialog").toEqual([]);
    expect(await findViolations(desk)).toEqual([]);
    await desk.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    expect(await sidewaysOf(desk), "the details").toEqual([]);
    await peek.getByRole("button", { name: isZh ? "立即恢复" : "Revert now" }).click();
    await expect(peek.getByRole("button", { name: isZh ? "立即恢复" : "Revert now" })).toBeHidden();
    expect((await limitOf(client)).change).toBeNull();
  });
}
