import type { Locator, Page } from "@playwright/test";
import { findViolations } from "./axe.ts";
import { createCaller } from "./callers.ts";
import { type Client, expect, sidewaysOf, test } from "./desk.ts";

// 50 calls in any 10 s of each address, as configured.
const NAME = "lab.rateLimited.rate";

async function openPeek(page: Page): Promise<Locator> {
  await page.goto(`/limits?peek=${NAME}`);
  const peek = page.getByRole("complementary", { name: `Limit ${NAME}` });
  await expect(peek.getByRole("button", { name: "Edit", exact: true })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  return peek;
}
function dialogOf(page: Page): Locator {
  return page.getByRole("dialog", { name: `Own allowance at ${NAME}` });
}
function toastOf(page: Page): Locator {
  return page.getByRole("region", { name: "Messages" });
}
function ownOf(peek: Locator, caller: string): Locator {
  return peek.getByRole("list", { name: "Own allowances" }).getByRole("listitem").filter({ hasText: caller });
}
async function overridesOf(client: Client) {
  return (await client.limits.get.query({ name: NAME })).overrides;
}

test.beforeEach(async ({ client }) => {
  for (const { name, caller } of await overridesOf(client))
    await client.limits.override.delete.mutate({ name, caller });
});

test("a caller that is refused is given an allowance of its own, which is changed, removed and taken back", async ({
  openDesk,
  createPerson,
  client,
  server,
}) => {
  const operator = await createPerson("operator");
  const page = await openDesk(operator);
  const caller = createCaller(server.url);
  expect(await caller.allowedOf(60)).toBe(50);
  const peek = await openPeek(page);
  const refused = peek
    .getByRole("list", { name: "Refused in the last 15 minutes" })
    .getByRole("listitem")
    .filter({ hasText: caller.address });
  await expect(refused).toContainText("10 calls refused");
  await refused.getByRole("button", { name: `Own allowance for address:${caller.address}` }).click();
  const dialog = dialogOf(page);
  await expect(dialog).toContainText(caller.address);
  const submit = dialog.getByRole("button", { name: "Give own allowance" });
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  const field = dialog.getByLabel("Allow in 10 s");
  await expect(field).toHaveAccessibleDescription("Operators may set 25 to 200.");
  await field.fill("200");
  await expect(dialog.getByRole("region", { name: "What if" })).toContainText("60 calls, at most");
  await expect(dialog.getByRole("region", { name: "What if" })).toContainText("With these valuesnone refused");
  await dialog.getByLabel("Reason").fill("a nightly import");
  await submit.click();
  await expect(dialog).toBeHidden();
  await expect(toastOf(page)).toContainText(`address:${caller.address} has its own allowance`);
  const own = ownOf(peek, caller.address);
  await expect(own).toContainText("200 in 10 s");
  await expect(own).toContainText("a nightly import");
  await expect(own).toContainText(operator.email);
  await expect(page.getByRole("row").filter({ hasText: "lab.rateLimited" })).toContainText("1 own");
  await expect(refused.getByRole("button")).toHaveCount(0);
  // 50 or none of what it has used count still, and it may go on in either case.
  expect(await caller.allowedOf(60)).toBe(60);
  expect(await createCaller(server.url).allowedOf(60)).toBe(50);
  await expect(
    peek.getByRole("listitem").filter({ hasText: `Set for this caller by ${operator.email}, until` }),
  ).toContainText(caller.address);

  await own.getByRole("button", { name: `Change the allowance of address:${caller.address}` }).click();
  const save = dialog.getByRole("button", { name: "Change allowance" });
  await expect(dialog.getByRole("radio", { name: "As it is" })).toBeChecked();
  await expect(save).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("radiogroup", { name: "For" }).getByText("Until removed", { exact: true }).click();
  await dialog.getByRole("button", { name: "Change allowance" }).click();
  await expect(own).toContainText("Until it is removed.");

  await own.getByRole("button", { name: `Remove the allowance of address:${caller.address}` }).click();
  await expect(toastOf(page)).toContainText(`address:${caller.address} has what all others have`);
  await expect(own).toBeHidden();
  expect(await overridesOf(client)).toEqual([]);
  expect(await caller.allowedOf(60)).toBeLessThanOrEqual(50);
  await toastOf(page).getByRole("button", { name: "Undo" }).last().click();
  await expect(own).toContainText("200 in 10 s");
  expect(await overridesOf(client)).toMatchObject([{ limit: 200, until: null }]);
});

test("a caller is typed, what is no caller lands on its field, and a smaller allowance holds it back", async ({
  desk,
  client,
  server,
}) => {
  const caller = createCaller(server.url);
  await openPeek(desk);
  await desk.keyboard.press("o");
  const dialog = dialogOf(desk);
  const field = dialog.getByLabel("Caller");
  await expect(field).toBeFocused();
  const submit = dialog.getByRole("button", { name: "Give own allowance" });
  await expect(submit).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("Allow in 10 s").fill("7");
  for (const [wrong, problem] of [
    ["ada", "Name a caller as user:<id>, key:<id> or address:<ip>."],
    ["user:ada", /user:<id>/],
    ["192.0.2.300", /address:<IP address>/],
  ] as const) {
    await field.fill(wrong);
    await submit.click();
    await expect(field).toHaveAccessibleDescription(problem);
  }
  expect(await overridesOf(client)).toEqual([]);
  await field.fill(caller.address);
  await submit.click();
  await expect(dialog).toBeHidden();
  expect(await caller.allowedOf(20)).toBe(7);
  expect(await createCaller(server.url).allowedOf(20)).toBe(20);
});

test("of two who change an allowance the second is told who came first, and whoever is typed may have one", async ({
  desk,
  client,
}) => {
  const caller = "address:192.0.2.7";
  await client.limits.override.set.mutate({ name: NAME, caller, values: { limit: 20 } });
  const peek = await openPeek(desk);
  await ownOf(peek, "192.0.2.7")
    .getByRole("button", { name: `Change the allowance of ${caller}` })
    .click();
  const dialog = dialogOf(desk);
  const field = dialog.getByLabel("Allow in 10 s");
  await expect(field).toHaveValue("20");
  await field.fill("30");
  await client.limits.override.set.mutate({ name: NAME, caller, values: { limit: 21 } });
  await expect(dialog).toContainText("changed this allowance at");
  await expect(dialog.getByRole("button", { name: "Change allowance" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("button", { name: "Load new values" }).click();
  await expect(field).toHaveValue("21");
  await field.fill("31");
  await dialog.getByRole("button", { name: "Change allowance" }).click();
  await expect(dialog).toBeHidden();
  expect(await overridesOf(client)).toMatchObject([{ limit: 31, until: null }]);

  await desk.keyboard.press("o");
  await dialog.getByLabel("Caller").fill("192.0.2.7");
  await expect(dialog).toContainText(`${caller} has 31 in 10 s already. This takes its place.`);
  await field.fill("40");
  await dialog.getByRole("button", { name: "Give own allowance" }).click();
  await expect(dialog).toBeHidden();
  expect(await overridesOf(client)).toMatchObject([{ limit: 40 }]);
});

test("a viewer sees who is refused and who has an allowance of its own, and changes neither", async ({
  openDesk,
  createPerson,
  client,
}) => {
  await client.limits.override.set.mutate({ name: NAME, caller: "address:192.0.2.7", values: { limit: 20 } });
  const page = await openDesk(await createPerson("viewer"));
  const peek = await openPeek(page);
  await expect(ownOf(peek, "192.0.2.7")).toContainText("20 in 10 s");
  const give = peek.getByRole("button", { name: "Own allowance…", exact: true });
  await expect(give).toHaveAttribute("aria-disabled", "true");
  await give.focus();
  await expect(page.getByRole("tooltip")).toContainText("limits.override.set");
  await page.keyboard.press("o");
  await expect(dialogOf(page)).toBeHidden();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`callers of a limit and their dialog break no rule of axe in the ${colorScheme} theme and fit a phone`, async ({
    desk,
    client,
    server,
  }) => {
    test.slow();
    const refused = createCaller(server.url);
    await refused.allowedOf(60);
    await client.limits.override.set.mutate({ name: NAME, caller: "address:192.0.2.7", values: { limit: 20 } });
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
    await expect(peek.getByRole("list", { name: isZh ? "单独额度" : "Own allowances" })).toContainText("192.0.2.7");
    const list = peek.getByRole("list", { name: isZh ? "最近 15 分钟被拒绝" : "Refused in the last 15 minutes" });
    await expect(list).toContainText(refused.address);
    expect(await findViolations(desk)).toEqual([]);
    await peek.getByRole("button", { name: isZh ? "单独额度…" : "Own allowance…", exact: true }).click();
    const dialog = desk.getByRole("dialog");
    await dialog.getByLabel(isZh ? "调用者" : "Caller").fill(refused.address);
    await expect(dialog.getByRole("region")).toContainText(isZh ? "60 次调用" : "60 calls");
    expect(await findViolations(desk)).toEqual([]);
    await desk.setViewportSize({ width: 390, height: 844 });
    expect(await sidewaysOf(desk), "the dialog").toEqual([]);
    expect(await findViolations(desk)).toEqual([]);
    await desk.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    expect(await sidewaysOf(desk), "the details").toEqual([]);
  });
}
