import type { Locator, Page } from "@playwright/test";
import { findViolations } from "./axe.ts";
import { type Client, expect, owner, test, unique, headOf } from "./desk.ts";

let lastTimes = 500;

/** A job whose tries are all used, with an error that no other job has. */
async function failJob(client: Client): Promise<{ id: string; times: number }> {
  const times = (lastTimes += 1);
  const { id } = await client.queue.enqueue.mutate({ name: "lab.fail", input: { times } });
  const { state } = await client.queue.jobs.result.query({ id, waitMs: 25_000 });
  expect(state).toBe("discarded");
  return { id, times };
}

/** Jobs that wait for an hour, found by a tag of their own. */
async function waitingJobs(client: Client, count: number): Promise<{ tag: string; ids: readonly string[] }> {
  const tag = unique("tag");
  const inputs = Array.from({ length: count }, () => ({ ms: 1 }));
  const { ids } = await client.queue.enqueueMany.mutate({ name: "lab.sleep", inputs, delayMs: 3_600_000, tags: [tag] });
  return { tag, ids };
}

function rowOf(page: Page, id: string): Locator {
  return page
    .getByRole("table", { name: "Jobs" })
    .getByRole("row")
    .filter({ hasText: id.slice(-8) });
}

function jobRows(page: Page): Locator {
  return page.getByRole("table", { name: "Jobs" }).getByRole("row", { name: /lab\./ });
}

function states(client: Client, ids: readonly string[]): Promise<readonly string[]> {
  return Promise.all(ids.map(async (id) => (await client.queue.jobs.get.query({ id })).state));
}

async function expectNoViolations(page: Page): Promise<void> {
  expect(await findViolations(page)).toEqual([]);
}

test("a payload is filtered by a condition that is typed, and its link shows the same to others", async ({
  desk,
  context,
  openDesk,
  client,
}) => {
  const tag = unique("where");
  const [wanted, other] = await Promise.all(
    [41_007, 41_008].map((ms) =>
      client.queue.enqueue.mutate({
        name: "lab.sleep",
        input: { ms },
        delayMs: 3_600_000,
        tags: [tag],
        key: `${tag}-key`,
      }),
    ),
  );
  if (!wanted || !other) throw new Error("Nothing was enqueued.");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await desk.goto(`/queue/jobs?tag=${tag}`);
  await expect(rowOf(desk, other.id)).toContainText(`${tag}-key`);
  await expect(jobRows(desk)).toHaveCount(2);

  await desk.keyboard.press("/");
  const field = desk.getByRole("textbox", { name: /text in the error/ });
  await field.fill("input.m");
  await desk.getByRole("button", { name: "input.ms =" }).click();
  await expect(field).toBeFocused();
  await field.pressSequentially("41007");
  await expect(desk.getByRole("button", { name: "Payload: input.ms = 41007" })).toBeVisible();
  await expectNoViolations(desk);
  await desk.keyboard.press("Enter");
  await expect(jobRows(desk)).toHaveCount(1);
  await expect(rowOf(desk, wanted.id)).toBeVisible();

  const filters = desk.getByRole("group", { name: "Filters" });
  await expect(filters).toContainText("payload input.ms = 41007");
  await filters.getByRole("button", { name: "Copy link" }).click();
  const link = await desk.evaluate(() => navigator.clipboard.readText());
  const theirs = await openDesk(owner);
  await theirs.goto(link);
  await expect(rowOf(theirs, wanted.id)).toBeVisible();
  await expect(jobRows(theirs)).toHaveCount(1);

  await filters.getByRole("button", { name: "Copy", exact: true }).click();
  await desk.getByRole("menuitem", { name: "Copy as CSV" }).click();
  const csv = await desk.evaluate(() => navigator.clipboard.readText());
  expect(csv.split("\r\n")).toHaveLength(2);
  expect(csv).toContain(wanted.id);

  await filters.getByRole("button", { name: "Remove the filter payload" }).click();
  await expect(jobRows(desk)).toHaveCount(2);
});

test("a condition that is not understood is a chip, and the rest of the filter holds", async ({ desk, client }) => {
  const { tag } = await waitingJobs(client, 1);
  await desk.goto(`/queue/jobs?tag=${tag}&where=user.id&attempts=many`);
  const filters = desk.getByRole("group", { name: "Filters" });
  await expect(filters.getByRole("status").filter({ hasText: "where = user.id" })).toBeVisible();
  await expect(filters.getByRole("status").filter({ hasText: "attempts = many" })).toBeVisible();
  await expect(jobRows(desk)).toHaveCount(1);
});

test("a view is saved, opened and removed, in this browser", async ({ desk, client }) => {
  const { tag } = await waitingJobs(client, 1);
  await desk.goto(`/queue/jobs?state=scheduled&tag=${tag}`);
  await desk.getByRole("button", { name: "Views" }).click();
  await desk.getByRole("menuitem", { name: "Save this view…" }).click();
  await desk.getByRole("textbox", { name: "Name" }).fill("Mine for later");
  await desk.keyboard.press("Enter");
  await desk.goto("/queue/jobs");
  await desk.getByRole("button", { name: "Views" }).click();
  await expectNoViolations(desk);
  await desk.getByRole("menuitem", { name: "Mine for later", exact: true }).click();
  await expect(desk).toHaveURL(new RegExp(`tag=${tag}`));
  await expect(jobRows(desk)).toHaveCount(1);
  await desk.getByRole("button", { name: "Views" }).click();
  await desk.getByRole("menuitem", { name: "Remove the view Mine for later" }).click();
  await expect(desk.getByRole("menuitem", { name: "Mine for later", exact: true })).toHaveCount(0);
});

test("jobs are looked into, retried and taken back by keyboard alone", async ({ desk, client }) => {
  const failed = [await failJob(client), await failJob(client)];
  const ids = failed.map(({ id }) => id);
  const queue = (await client.queue.jobs.get.query({ id: ids[0] ?? "" })).queue;
  await client.queue.queues.pause.mutate({ name: queue });
  try {
    await desk.goto("/queue/jobs?state=failed&name=lab.fail");
    await expect(rowOf(desk, ids[1] ?? "")).toBeVisible();
    await desk.keyboard.press("j");
    await desk.keyboard.press("Space");
    const peek = desk.getByRole("complementary", { name: /^Job / });
    await expect(peek).toContainText(`asked to fail ${failed[1]?.times} times`);
    await desk.keyboard.press("j");
    await expect(peek).toContainText(`asked to fail ${failed[0]?.times} times`);
    await expect(desk).toHaveURL(new RegExp(`peek=${ids[0]}`));
    await desk.keyboard.press("k");
    await expect(peek).toContainText(`asked to fail ${failed[1]?.times} times`);
    await desk.keyboard.press("r");
    await expect(desk.getByRole("region", { name: "Messages" })).toContainText("queued for retry");
    expect(await states(client, ids)).toEqual(["discarded", "available"]);
    await desk.keyboard.press("z");
    await expect.poll(() => states(client, ids)).toEqual(["discarded", "discarded"]);
    await desk.keyboard.press("Escape");
    await expect(peek).toBeHidden();

    await desk.keyboard.press("x");
    await desk.keyboard.press("j");
    await desk.keyboard.press("Shift+X");
    await expect(desk.getByText("2 selected")).toBeVisible();
    await desk.keyboard.press("r");
    const dialog = desk.getByRole("dialog", { name: "Retry 2 jobs?" });
    await expect(dialog).toContainText("will get another attempt");
    await expectNoViolations(desk);
    await desk.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    await expect.poll(() => states(client, ids)).toEqual(["available", "available"]);
    await desk.keyboard.press("z");
    await expect.poll(() => states(client, ids)).toEqual(["discarded", "discarded"]);
  } finally {
    await client.queue.queues.resume.mutate({ name: queue });
  }
});

test("a bulk cancel is aborted half-way, its counts add up, and its undo gives back what it took", async ({
  desk,
  client,
}) => {
  test.setTimeout(120_000);
  const { tag, ids } = await waitingJobs(client, 120);
  await desk.goto(`/queue/jobs?tag=${tag}`);
  await expect(jobRows(desk).first()).toBeVisible();
  await desk.keyboard.press("a");
  await expect(desk.getByText("120 selected")).toBeVisible();
  await desk.getByRole("button", { name: "Cancel…" }).click();
  const dialog = desk.getByRole("dialog", { name: "Cancel 120 jobs?" });
  await expect(dialog).toContainText(`tag is ${tag}`);
  await dialog.getByRole("radio", { name: "Spread out" }).check();
  await dialog.getByRole("textbox", { name: "jobs per second" }).fill("3");
  await expect(dialog).toContainText("about 40");
  await dialog.getByRole("textbox", { name: /Reason/ }).fill("a journey");
  await desk.keyboard.press("Enter");
  await expect(dialog).toBeHidden({ timeout: 30_000 });

  // The line at the foot is the server's state: another page and a reload show it as well.
  const tray = desk.getByRole("complementary", { name: "Act under way" });
  await desk.goto("/users");
  await expect(tray).toContainText("Cancel 120 jobs");
  await expect(desk).toHaveTitle(/^\d+% · /);
  await tray.getByRole("link", { name: "Cancel 120 jobs" }).click();
  await expect(desk).toHaveURL(/\/activity\/[0-9a-f-]{36}$/);
  const bulkId = new URL(desk.url()).pathname.split("/").at(-1) ?? "";
  await expect.poll(async () => (await client.queue.bulk.get.query({ id: bulkId })).done).toBeGreaterThan(10);
  await expectNoViolations(desk);
  await desk.getByRole("button", { name: "Abort…" }).click();
  await expectNoViolations(desk);
  await desk.getByRole("button", { name: "Abort the act" }).click();
  await expect(desk.getByRole("main")).toContainText("Aborted");

  const { done, failed, total } = await client.queue.bulk.get.query({ id: bulkId });
  expect(total).toBe(120);
  expect(done).toBeGreaterThan(0);
  expect(done + failed).toBeLessThan(total);
  const now = await states(client, ids);
  expect(now.filter((state) => state === "cancelled")).toHaveLength(done);
  expect(now.filter((state) => state === "scheduled")).toHaveLength(total - done);
  await expect(desk.getByRole("main")).toContainText(`${done} cancelled`);
  await expect(desk.getByRole("main")).toContainText(`${total - done} left as they were`);

  await desk.reload();
  await expect(desk.getByRole("button", { name: "Undo…" })).toBeVisible();
  await desk.keyboard.press("z");
  await desk.getByRole("button", { name: "Undo the act" }).click();
  await expect(headOf(desk)).toContainText("Undone");
  await expect(desk.getByRole("main")).toContainText(`${done} taken back`);
  expect(new Set(await states(client, ids))).toEqual(new Set(["scheduled"]));

  await desk.goto("/activity");
  await expect(desk.getByRole("row", { name: /Cancel 120 jobs/ })).toContainText("Undone");
  await expectNoViolations(desk);
});

test("jobs are deleted in bulk only after their number was typed", async ({ desk, client }) => {
  const { tag, ids } = await waitingJobs(client, 3);
  await desk.goto(`/queue/jobs?tag=${tag}`);
  await expect(jobRows(desk)).toHaveCount(3);
  await desk.keyboard.press("a");
  await desk.getByRole("button", { name: "Delete…" }).click();
  const dialog = desk.getByRole("dialog", { name: "Delete 3 jobs?" });
  const field = dialog.getByRole("textbox", { name: "Type 3 to go on" });
  await expect(field).toBeFocused();
  await field.fill("2");
  await desk.keyboard.press("Enter");
  await expect(dialog).toBeVisible();
  await field.fill("3");
  await desk.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(desk.getByText("No job matches these filters")).toBeVisible();
  await expect
    .poll(async () => (await client.queue.jobs.list.query({ tag })).items.length, { message: ids.join(", ") })
    .toBe(0);
});

test("a failed job is edited, its change is shown, and its next attempt runs with it", async ({ desk, client }) => {
  const { id, times } = await failJob(client);
  await desk.goto(`/queue/jobs/${id}`);
  await expect(desk.getByRole("heading", { level: 1 })).toHaveText("lab.fail");
  await desk.keyboard.press("e");
  const dialog = desk.getByRole("dialog", { name: /^Edit and retry job/ });
  const field = dialog.getByRole("textbox", { name: "times" });
  await expect(field).toBeFocused();
  await expect(dialog).toContainText("Nothing is changed yet.");
  await field.fill("0");
  const diff = dialog.getByRole("region", { name: "What changes" });
  await expect(diff).toContainText(`before ${times}`);
  await expect(diff).toContainText("after 0");
  await expectNoViolations(desk);
  await desk.keyboard.press("Control+Enter");
  await expect(dialog).toBeHidden();

  await expect(headOf(desk)).toContainText("Done");
  const attempts = desk.getByRole("region", { name: "Attempts" }).last().getByRole("row");
  await expect(attempts).toHaveCount(7);
  await expect(attempts.nth(5)).toContainText("Failed");
  await expect(attempts.nth(6)).toContainText("Done");
  await desk.getByRole("tab", { name: /^Timeline/ }).click();
  const timeline = desk.getByRole("tabpanel", { name: "Timeline" });
  await expect(timeline).toContainText(`Input edited by ${owner.email}`);
  await expect(timeline).toContainText("times");
  await expectNoViolations(desk);
});

test("an edit does not overwrite one that came in between", async ({ desk, client }) => {
  const { ids } = await waitingJobs(client, 1);
  const id = ids[0] ?? "";
  await desk.goto(`/queue/jobs/${id}`);
  await desk.getByRole("button", { name: "Edit input" }).click();
  const dialog = desk.getByRole("dialog", { name: /^Edit the input of job/ });
  await dialog.getByRole("textbox", { name: "ms" }).fill("77");
  await client.queue.jobs.updateInput.mutate({ id, input: { ms: 55 } });
  await dialog.getByRole("button", { name: "Save the input" }).click();
  await expect(dialog).toContainText("Somebody else changed the input meanwhile");
  expect((await client.queue.jobs.get.query({ id })).input).toEqual({ ms: 55 });
  await dialog.getByRole("button", { name: "Compare with theirs" }).click();
  await expect(dialog.getByRole("region", { name: "What changes" })).toContainText("before 55");
  await dialog.getByRole("button", { name: "Save the input" }).click();
  await expect(dialog).toBeHidden();
  expect((await client.queue.jobs.get.query({ id })).input).toEqual({ ms: 77 });
});

test("a job is enqueued with a key, tags and an end of its patience, and shows them", async ({ desk }) => {
  const tag = unique("tag");
  await desk.goto("/queue/jobs");
  await expect(desk.getByRole("button", { name: "Enqueue" })).toBeVisible();
  await desk.keyboard.press("n");
  const dialog = desk.getByRole("dialog", { name: "Enqueue a job" });
  await dialog.getByRole("combobox", { name: "Job" }).selectOption("lab.sleep");
  await dialog.getByRole("textbox", { name: "ms" }).fill("1");
  await dialog.getByRole("textbox", { name: "Delay, seconds" }).fill("600");
  await dialog.getByRole("textbox", { name: "Key", exact: true }).fill("acme");
  await dialog.getByRole("textbox", { name: "Tags" }).fill(`${tag} ü`);
  await desk.keyboard.press("Control+Enter");
  await expect(dialog).toContainText("At most 10");
  await dialog.getByRole("textbox", { name: "Tags" }).fill(`${tag}, two`);
  await dialog.getByRole("textbox", { name: "Expires after, seconds" }).fill("900");
  await expectNoViolations(desk);
  await desk.keyboard.press("Control+Enter");
  await expect(dialog).toBeHidden();
  await desk.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Open" }).click();
  const details = desk.getByRole("region", { name: "Details" });
  await expect(details).toContainText("acme");
  await expect(details).toContainText("Expires");
  await details.getByRole("link", { name: tag }).click();
  await expect(jobRows(desk)).toHaveCount(1);
});
