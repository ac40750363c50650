import type { Locator, Page } from "@playwright/test";
import { findViolations } from "./axe.ts";
import { expect, test, unique } from "./desk.ts";

function rowOf(page: Page, name: string): Locator {
  return page.getByRole("table", { name: "Schedules" }).getByRole("row").filter({ hasText: name });
}

function messages(page: Page): Locator {
  return page.getByRole("region", { name: "Messages" });
}

async function expectAccessible(page: Page): Promise<void> {
  expect(await findViolations(page)).toEqual([]);
}

test("a schedule is made in Shanghai, previewed in both zones, run by hand and paused", async ({ desk, client }) => {
  test.slow();
  const name = unique("digest");
  await desk.goto("/queue/schedules");
  await expect(desk.getByRole("button", { name: "New schedule" }).first()).toBeVisible();
  await desk.keyboard.press("n");
  const dialog = desk.getByRole("dialog", { name: "New schedule" });
  await dialog.getByRole("button", { name: "Create schedule" }).click();
  await expect(dialog).toContainText("This field is required.");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Job", { exact: true }).selectOption("lab.sleep");
  await dialog.getByLabel("Time zone").fill("Asia/Shanghai");
  await dialog.getByLabel("Cron expression").fill("0 9 * * 1-5");
  const preview = dialog.getByRole("region", { name: "What it comes to" });
  await expect(preview).toContainText("09:00, Monday through Friday");
  const next = preview.getByRole("table", { name: "Next runs" }).getByRole("row");
  await expect(next).toHaveCount(6);
  await expect(next.nth(1)).toContainText("09:00 UTC+8");
  await expect(next.nth(1)).toContainText("01:00 UTC");
  await expect(preview).toContainText("No change of clocks touches it within a year (Asia/Shanghai).");

  // A time that New York skips in spring, and one that it has twice in autumn.
  await dialog.getByLabel("Time zone").fill("America/New_York");
  await dialog.getByLabel("Cron expression").fill("30 2 * * *");
  await expect(preview.getByRole("list", { name: "Changes of clocks" })).toContainText(/02:30 does not exist/);
  await dialog.getByLabel("Cron expression").fill("30 1 * * *");
  await expect(preview.getByRole("list", { name: "Changes of clocks" })).toContainText(/01:30 comes twice/);
  await expectAccessible(desk);
  await dialog.getByLabel("Cron expression").fill("99 9 * * *");
  await expect(preview.getByRole("alert")).toBeVisible();
  await dialog.getByLabel("Time zone").fill("Mars/Olympus");
  await expect(dialog).toContainText("Not a zone of the IANA database");

  await dialog.getByLabel("Time zone").fill("Asia/Shanghai");
  await dialog.getByLabel("Cron expression").fill("0 9 * * 1-5");
  await dialog.getByLabel("ms").fill("5");
  await dialog.getByRole("button", { name: "Create schedule" }).click();
  await expect(dialog).toBeHidden();
  await expect(rowOf(desk, name)).toContainText("09:00 UTC+8");
  await expectAccessible(desk);

  await rowOf(desk, name).click();
  await expect(desk.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(desk.getByRole("region", { name: "History" })).toContainText("It has not run yet");
  await desk.getByRole("button", { name: "Run now" }).click();
  await expect(messages(desk)).toContainText(`${name} was started`);
  const runs = desk.getByRole("table", { name: "History" }).getByRole("row");
  await expect(runs.nth(1)).toContainText("Done", { timeout: 20_000 });
  await expect(runs.nth(1)).toContainText("owner@desk.test");
  await expectAccessible(desk);

  await desk.keyboard.press("p");
  await expect(desk.getByText("Paused: it does not run at its times.")).toBeVisible();
  const { items } = await client.queue.schedules.list.query({ search: name });
  expect(items[0]).toMatchObject({ timeZone: "Asia/Shanghai", cron: "0 9 * * 1-5", pausedBy: "owner@desk.test" });
  await desk.keyboard.press("z");
  await expect(desk.getByText("Paused: it does not run at its times.")).toBeHidden();
});

test("a schedule runs at its interval, is edited, deleted with a preview and brought back", async ({
  desk,
  client,
}) => {
  test.slow();
  const name = unique("every");
  const made = await client.queue.schedules.create.mutate({
    name,
    jobName: "lab.sleep",
    input: { ms: 1 },
    everyMs: 1000,
  });
  await desk.goto(`/queue/schedules/${made.id}`);
  const runs = desk.getByRole("table", { name: "History" }).getByRole("row");
  await expect.poll(() => runs.count(), { timeout: 20_000 }).toBeGreaterThan(3);
  await expect(desk.getByRole("main")).toContainText("Every second");

  await desk.getByRole("button", { name: "Edit" }).click();
  const edit = desk.getByRole("dialog", { name: `Edit ${name}` });
  await expect(edit.getByLabel("Every", { exact: true })).toHaveValue("1");
  await edit.getByLabel("Every", { exact: true }).fill("6");
  await edit.getByLabel("Unit").selectOption("hours");
  await edit.getByLabel("Missed times").selectOption("skip");
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(edit).toBeHidden();
  await expect(desk.getByRole("main")).toContainText("Every 6 hours");
  expect(await client.queue.schedules.get.query({ id: made.id })).toMatchObject({
    everyMs: 21_600_000,
    missed: "skip",
  });

  await desk.getByRole("button", { name: "Delete…" }).click();
  const ask = desk.getByRole("dialog", { name: `Delete the schedule ${name}?` });
  await expect(ask).toContainText("Every 6 hours");
  await expect(ask).toContainText(/\d+ runs/);
  await ask.getByRole("button", { name: "Delete schedule" }).click();
  await expect(desk).toHaveURL(/\/queue\/schedules$/);
  await expect(rowOf(desk, name)).toHaveCount(0);
  await messages(desk).getByRole("button", { name: "Undo" }).click();
  await expect(rowOf(desk, name)).toContainText("Every 6 hours");
  const { items } = await client.queue.schedules.list.query({ search: name });
  expect(items).toMatchObject([{ name, jobName: "lab.sleep", input: { ms: 1 }, everyMs: 21_600_000, missed: "skip" }]);
  await client.queue.schedules.delete.mutate({ id: items[0]?.id ?? "" });

  await desk.goto(`/queue/schedules/${made.id}`);
  await expect(desk.getByText("There is no such schedule")).toBeVisible();
});

test("schedules are found by name, and a name that is taken is said at its field", async ({ desk, client }) => {
  const name = unique("taken");
  const schedule = { name, jobName: "lab.sleep", input: { ms: 1 }, everyMs: 86_400_000 };
  const { id } = await client.queue.schedules.create.mutate(schedule);
  await desk.goto("/queue/schedules");
  await desk.getByRole("searchbox", { name: "Name or job" }).fill(name);
  await expect(rowOf(desk, name)).toBeVisible();
  await desk.getByRole("searchbox", { name: "Name or job" }).fill("nothing-has-this");
  await expect(desk.getByText("No schedule matches these filters")).toBeVisible();
  await desk.getByRole("button", { name: "Clear all" }).click();
  await desk.getByRole("button", { name: "New schedule" }).first().click();
  const dialog = desk.getByRole("dialog", { name: "New schedule" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Job", { exact: true }).selectOption("lab.sleep");
  await dialog.getByLabel("ms").fill("1");
  await dialog.getByRole("button", { name: "Create schedule" }).click();
  await expect(dialog).toContainText(`There is a schedule named ${name} already.`);
  await client.queue.schedules.delete.mutate({ id });
});

test("a viewer sees schedules, and every act is off with its reason", async ({ client, createPerson, openDesk }) => {
  const name = unique("seen");
  const { id } = await client.queue.schedules.create.mutate({
    name,
    jobName: "lab.sleep",
    input: { ms: 1 },
    everyMs: 86_400_000,
  });
  const page = await openDesk(await createPerson("viewer"));
  await page.goto(`/queue/schedules/${id}`);
  for (const act of ["Run now", "Pause", "Edit", "Delete…"]) {
    await expect(page.getByRole("button", { name: act })).toHaveAttribute("aria-disabled", "true");
  }
  await page.goto("/queue/schedules");
  await expect(page.getByRole("button", { name: "New schedule" }).first()).toHaveAttribute("aria-disabled", "true");
  await client.queue.schedules.delete.mutate({ id });
});
