import type { Locator, Page } from "@playwright/test";
import { findViolations } from "./axe.ts";
import { createCaller } from "./callers.ts";
import { expect, owner, ownerEnvironment, signIn, startServer, test, watchProblems } from "./desk.ts";

const NAME = "lab.rateLimited.rate";

async function openDialog(page: Page): Promise<{ dialog: Locator; whatIf: Locator }> {
  await page.goto(`/limits?peek=${NAME}`);
  await page
    .getByRole("complementary", { name: `Limit ${NAME}` })
    .getByRole("button", { name: "Edit" })
    .click();
  const dialog = page.getByRole("dialog", { name: `Edit ${NAME}` });
  return { dialog, whatIf: dialog.getByRole("region", { name: "What if" }) };
}

test("what other values would have refused is told before they are applied", async ({ browser }) => {
  // Of its own: what other journeys have called in the last minutes would be counted.
  await using server = await startServer(ownerEnvironment);
  await using context = await browser.newContext({ baseURL: server.url });
  const problems = watchProblems(context);
  await signIn(context, server.url, owner);
  const page = await context.newPage();
  const { whatIf: unused } = await openDialog(page);
  await expect(unused).toContainText("No calls came in that time: nothing to try these values on.");

  expect(await createCaller(server.url).allowedOf(60)).toBe(50);
  expect(await createCaller(server.url).allowedOf(30)).toBe(30);
  expect(await createCaller(server.url).allowedOf(20)).toBe(20);
  const { dialog, whatIf } = await openDialog(page);
  await expect(whatIf).toContainText(/calls since \d\d:\d\d/);
  await expect(whatIf).toContainText("110 calls of 3 callers, at most");
  await expect(whatIf).toContainText("As it is≈ 10 refused (9.1%), 1 caller");
  const field = dialog.getByLabel("Allow in 10 s");
  await field.fill("25");
  await expect(whatIf).toContainText("With these values≈ 40 refused (36.4%), 2 callers");
  await expect(whatIf).toContainText(/Refused most: address:127\S+ 35 of 60 and address:127\S+ 5 of 30\./);
  await field.fill("60");
  await expect(whatIf).toContainText("With these valuesnone refused");
  // What cannot be asked about leaves the last answer, and is not in the way of what is typed next.
  await field.fill("6o");
  await expect(whatIf).toContainText("With these valuesnone refused");
  await field.fill("59");
  await expect(whatIf).toContainText("With these values≈ 1 refused (0.9%), 1 caller");
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    expect(await findViolations(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(problems).toEqual([]);
});
