import type { Locator, Page } from "@playwright/test";
import { findViolations } from "./axe.ts";
import { type Client, expect, test, headOf, pressChord } from "./desk.ts";

const FAIL = "lab.fail";

/** All tests of a worker share a server, and all failures of the job are one group: each test begins without any. */
async function clearFailures(client: Client): Promise<void> {
  for (;;) {
    const { items } = await client.queue.jobs.list.query({ name: FAIL, limit: 100 });
    if (items.length === 0) return;
    for (const { id, state } of items) {
      if (state !== "discarded" && state !== "completed" && state !== "cancelled") {
        await client.queue.jobs.cancel.mutate({ id });
      }
      await client.queue.jobs.delete.mutate({ id });
    }
  }
}

/** Jobs with one error. After five attempts that fail, a job that was asked to fail five times has one that goes well. */
async function fail(client: Client, count: number, times: number): Promise<void> {
  await client.queue.enqueueMany.mutate({ name: FAIL, inputs: Array.from({ length: count }, () => ({ times })) });
  await expect.poll(() => failedNow(client), { timeout: 150_000, intervals: [500] }).toBe(count);
}

async function failedNow(client: Client): Promise<number> {
  const { items } = await client.queue.errors.list.query({ name: FAIL });
  return items.reduce((sum, { discarded }) => sum + discarded, 0);
}

function groupRow(page: Page): Locator {
  return page.getByRole("table", { name: "Groups of errors" }).getByRole("row").filter({ hasText: FAIL });
}

function messages(page: Page): Locator {
  return page.getByRole("region", { name: "Messages" });
}

/** The axe rules, on the page as it is. */
async function expectAccessible(page: Page): Promise<void> {
  expect(await findViolations(page)).toEqual([]);
}

test("failures that look alike are one group, which is retried in stages and reported", async ({ desk, client }) => {
  test.slow();
  await clearFailures(client);
  await fail(client, 40, 5);
  await desk.goto("/queue/jobs");
  await desk.getByRole("navigation", { name: "Pages of the queue" }).getByRole("link", { name: "Errors" }).click();
  await expect(groupRow(desk)).toContainText("lab.fail was asked to fail 5 times");
  await expect(groupRow(desk)).toContainText("40");
  await desk.getByRole("searchbox", { name: "Error or message" }).fill("asked to fail");
  await expect(desk).toHaveURL(/q=asked/);
  await desk.getByRole("button", { name: "name", exact: true }).click();
  await desk.getByRole("menuitem", { name: FAIL }).click();
  await expect(desk).toHaveURL(/name=lab\.fail/);
  await groupRow(desk).click();
  const peek = desk.getByRole("complementary", { name: "Group Error" });
  await expect(peek.getByRole("region", { name: "Stack" })).toContainText("at ");
  await expect(peek).toContainText("Code versions");
  await expectAccessible(desk);

  // What is filtered and open is in the address: a reload, back and forward bring the same.
  await desk.reload();
  await expect(peek).toBeVisible();
  await expect(desk.getByRole("searchbox", { name: "Error or message" })).toHaveValue("asked to fail");
  await desk.getByRole("link", { name: "Show jobs" }).click();
  await expect(desk).toHaveURL(/\/queue\/jobs\?.*fingerprint=/);
  await desk.goBack();
  await expect(peek).toBeVisible();
  await expect(desk).toHaveURL(/q=asked.*name=lab\.fail/);

  await peek.getByRole("button", { name: "Retry the group…" }).click();
  const dialog = desk.getByRole("dialog", { name: "Retry 40 jobs?" });
  await expect(dialog.getByRole("checkbox", { name: "In stages" })).toBeChecked();
  await expectAccessible(desk);
  await dialog.getByRole("button", { name: "Retry 40 jobs" }).click();
  await expect(dialog).toBeHidden();
  await messages(desk).getByRole("button", { name: "Show progress" }).click();
  await expect(desk).toHaveURL(/\/activity\//);
  await expect(headOf(desk)).toContainText("Done", { timeout: 60_000 });
  const [bulk] = (await client.queue.bulk.list.query({})).items;
  expect(bulk).toMatchObject({ act: "retry", state: "done", total: 40, done: 40, failed: 0 });
  expect(bulk?.stage?.sizes[0]).toBe(3);
  expect(bulk?.stage?.sizes.length).toBeGreaterThan(1);

  // Nothing of it fails any more: the group leaves, and is still there for whoever asks.
  await expect.poll(() => failedNow(client)).toBe(0);
  await desk.goto("/queue/errors?name=lab.fail");
  await expect(desk.getByText("No group matches these filters")).toBeVisible();
  await desk.getByRole("button", { name: "Show resolved groups" }).click();
  await expect(groupRow(desk)).toBeVisible();
  await expect(desk).toHaveURL(/show=all/);
});

test("a staged retry of jobs that go on failing stops by itself, and the rest stays as it was", async ({
  desk,
  client,
}) => {
  test.slow();
  await clearFailures(client);
  await fail(client, 40, 1000);
  await desk.goto("/queue/errors?name=lab.fail");
  await groupRow(desk).hover();
  await desk.getByRole("button", { name: "Retry the group Error…" }).click();
  await desk.getByRole("button", { name: "Retry 40 jobs" }).click();
  await expect
    .poll(async () => (await client.queue.bulk.list.query({})).items[0]?.state, { timeout: 90_000, intervals: [500] })
    .toBe("stopped");
  const [bulk] = (await client.queue.bulk.list.query({})).items;
  expect(bulk).toMatchObject({ total: 40, done: 3, stage: { failedAgain: 3, succeeded: 0 } });
  await expect.poll(() => failedNow(client)).toBe(40);
});

test("1,000 jobs that fail with one error are found, previewed, retried in stages and taken back by keyboard alone", async ({
  desk,
  client,
}) => {
  test.setTimeout(300_000);
  await clearFailures(client);
  await fail(client, 1000, 1000);
  const { items } = await client.queue.definitions.query();
  const queue = items.find(({ name }) => name === FAIL)?.queue ?? "";
  // Held, so that the jobs of the first stage wait and can be taken back.
  await client.queue.queues.pause.mutate({ name: queue });

  await desk.goto("/overview");
  await expect(desk.getByRole("main")).toContainText("Failing now");
  await pressChord(desk, "g", "e");
  await expect(groupRow(desk)).toContainText("1,000");
  await desk.keyboard.press("/");
  await desk.keyboard.type("asked to fail");
  await expect(desk).toHaveURL(/q=asked/);
  // Out of the field and into the list, as far as Tab has to go.
  for (let step = 0; step < 15; step += 1) {
    await desk.keyboard.press("Tab");
    if (await groupRow(desk).evaluate((row) => row === document.activeElement)) break;
  }
  await expect(groupRow(desk)).toBeFocused();
  await desk.keyboard.press("Space");
  await expect(desk.getByRole("complementary", { name: "Group Error" })).toContainText("lab.fail was asked to fail");
  await desk.keyboard.press("r");
  const dialog = desk.getByRole("dialog", { name: "Retry 1,000 jobs?" });
  await expect(dialog).toContainText("Sample of 5");
  await expect(dialog.getByRole("checkbox", { name: "In stages" })).toBeChecked();
  await expect(dialog.getByRole("button", { name: "Retry 1,000 jobs" })).toBeFocused();
  await desk.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(messages(desk)).toContainText("Retrying 1,000 jobs");
  await expect.poll(() => failedNow(client)).toBe(997);

  await desk.keyboard.press("z");
  await expect(messages(desk)).toContainText("Taken back");
  await expect.poll(() => failedNow(client), { timeout: 30_000 }).toBe(1000);
  await expect.poll(async () => (await client.queue.bulk.list.query({})).items[0]?.state).toBe("undone");
  await expect(groupRow(desk)).toContainText("1,000");

  await client.queue.queues.resume.mutate({ name: queue });
});

test("a viewer sees the groups and is told why the acts are off", async ({ client, createPerson, openDesk }) => {
  await clearFailures(client);
  await fail(client, 1, 1000);
  const page = await openDesk(await createPerson("viewer"));
  await page.goto("/queue/errors");
  await groupRow(page).click();
  const retry = page.getByRole("complementary").getByRole("button", { name: "Retry the group…" });
  await expect(retry).toHaveAttribute("aria-disabled", "true");
  await retry.hover();
  await expect(page.getByRole("tooltip")).toContainText("queue.bulk.start");
});

test("a group is deleted with all its jobs, after its count was typed", async ({ desk, client }) => {
  await clearFailures(client);
  await fail(client, 3, 1000);
  await desk.goto("/queue/errors?name=lab.fail");
  await groupRow(desk).click();
  await desk.getByRole("complementary").getByRole("button", { name: "Delete…" }).click();
  const dialog = desk.getByRole("dialog", { name: "Delete 3 jobs?" });
  await expect(dialog.getByRole("button", { name: "Delete 3 jobs" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("Type 3 to go on").fill("3");
  await dialog.getByRole("button", { name: "Delete 3 jobs" }).click();
  await expect.poll(() => failedNow(client)).toBe(0);
  await expect
    .poll(async () => (await client.queue.jobs.list.query({ name: FAIL, state: ["discarded"] })).items.length)
    .toBe(0);
});
