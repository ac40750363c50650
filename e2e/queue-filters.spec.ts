import type { Locator, Page } from "@playwright/test";
import { type Client, expect, owner, test, headOf } from "./desk.ts";

let lastTimes = 100;

/** A job whose error no other job has, once all its tries are used. */
async function failJob(client: Client): Promise<{ id: string; error: string }> {
  const times = (lastTimes += 1);
  const { id } = await client.queue.enqueue.mutate({ name: "lab.fail", input: { times } });
  const { state } = await client.queue.jobs.result.query({ id, waitMs: 25_000 });
  expect(state).toBe("discarded");
  return { id, error: `asked to fail ${times} times` };
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

test("a list filtered by state and error is the same for whoever opens its link", async ({
  desk,
  context,
  openDesk,
  client,
}) => {
  const [wanted, other] = await Promise.all([failJob(client), failJob(client)]);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await desk.goto("/queue/jobs");
  await desk.getByRole("tab", { name: /^Failed/ }).click();
  await expect(rowOf(desk, other.id)).toBeVisible();
  await desk.keyboard.press("/");
  await desk.getByRole("textbox", { name: /text in the error/ }).fill(wanted.error);
  await desk.keyboard.press("Enter");
  await expect(rowOf(desk, wanted.id)).toContainText("Failed");
  await expect(jobRows(desk)).toHaveCount(1);
  const filters = desk.getByRole("group", { name: "Filters" });
  await expect(filters).toContainText(`id or error contains ${wanted.error}`);

  await filters.getByRole("button", { name: "Copy link" }).click();
  await expect(filters.getByRole("button", { name: "Copied" })).toBeVisible();
  const link = await desk.evaluate(() => navigator.clipboard.readText());

  const theirs = await openDesk(owner);
  await theirs.goto(link);
  await expect(theirs.getByRole("tab", { name: /^Failed/ })).toHaveAttribute("aria-selected", "true");
  await expect(rowOf(theirs, wanted.id)).toBeVisible();
  await expect(jobRows(theirs)).toHaveCount(1);
  await expect(theirs.getByRole("group", { name: "Filters" })).toContainText(`id or error contains ${wanted.error}`);

  // Back undoes one filter after the other, and a reload keeps them.
  await desk.reload();
  await expect(jobRows(desk)).toHaveCount(1);
  await desk.goBack();
  await expect(rowOf(desk, other.id)).toBeVisible();
  await expect(desk.getByRole("tab", { name: /^Failed/ })).toHaveAttribute("aria-selected", "true");
  await desk.goBack();
  await expect(desk.getByRole("tab", { name: /^All/ })).toHaveAttribute("aria-selected", "true");
});

test("a job is found by its whole id, and a search that finds none can be cleared", async ({ desk, client }) => {
  const { id } = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 1 }, delayMs: 3_600_000 });
  await desk.goto(`/queue/jobs?q=${id}`);
  await expect(rowOf(desk, id)).toContainText("Scheduled");
  await expect(jobRows(desk)).toHaveCount(1);
  await desk.goto(`/queue/jobs?state=failed&q=${id}`);
  await expect(desk.getByText("No job matches these filters")).toBeVisible();
  await desk.getByRole("button", { name: "Clear all" }).click();
  await expect(rowOf(desk, id)).toBeVisible();
  await expect(desk).toHaveURL(/\/queue\/jobs$/);
});

test("a parameter that is not understood is shown as such and breaks nothing", async ({ desk, client }) => {
  const { id } = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 1 }, delayMs: 3_600_000 });
  await desk.goto("/queue/jobs?state=exploded&shape=round&name=lab.sleep");
  const filters = desk.getByRole("group", { name: "Filters" });
  await expect(filters.getByRole("status").filter({ hasText: "state = exploded" })).toHaveText(
    "state = exploded is not understood, so it is ignored.",
  );
  await expect(filters.getByRole("status").filter({ hasText: "shape = round" })).toBeVisible();
  await expect(rowOf(desk, id)).toBeVisible();
  await filters.getByRole("button", { name: "Remove the filter state" }).click();
  await expect(desk).not.toHaveURL(/state=/);
  await expect(desk).toHaveURL(/shape=round/);
  await filters.getByRole("button", { name: "Remove the filter shape" }).click();
  await expect(filters.getByRole("status")).toHaveCount(0);
  await expect(desk).toHaveURL(/\/queue\/jobs\?name=lab\.sleep$/);
});

test("a failed job shows every attempt with its error, and a retry adds one", async ({ desk, client }) => {
  const { id, error } = await failJob(client);
  await desk.goto(`/queue/jobs/${id}`);
  await expect(desk.getByRole("heading", { level: 1 })).toHaveText("lab.fail");
  await expect(desk.getByRole("main")).toContainText(error);
  const attempts = desk.getByRole("region", { name: "Attempts" }).last().getByRole("row");
  await expect(attempts).toHaveCount(6);
  await attempts.nth(2).getByRole("button", { name: "Show attempt 2" }).click();
  await expect(desk.getByRole("main")).toContainText("this is attempt 2");
  await expect(desk).toHaveURL(/attempt=2/);

  await desk.getByRole("button", { name: "Retry", exact: true }).click();
  await expect(desk.getByRole("region", { name: "Messages" })).toContainText("queued for retry");
  await expect(attempts).toHaveCount(7);
  await expect(attempts.nth(6)).toContainText("Failed");
});

test("a running job shows its progress, and cancelling it stops it", async ({ desk, client }) => {
  const { id } = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 120_000 } });
  await desk.goto(`/queue/jobs/${id}`);
  const progress = desk.getByRole("meter", { name: "Progress" });
  await expect(progress).toBeVisible();
  const before = Number(await progress.getAttribute("aria-valuenow"));
  await expect.poll(async () => Number(await progress.getAttribute("aria-valuenow"))).toBeGreaterThan(before);

  await desk.getByRole("button", { name: "Cancel run…" }).click();
  const dialog = desk.getByRole("dialog", { name: /^Cancel job/ });
  await expect(dialog).toContainText("lab.sleep");
  await dialog.getByRole("button", { name: "Cancel 1 job" }).click();
  await expect(dialog).toBeHidden();
  await expect(headOf(desk)).toContainText("Cancelled");
  await expect(progress).toBeHidden();
  await expect.poll(async () => (await client.queue.jobs.get.query({ id })).state).toBe("cancelled");
});

test("a paused queue says so on its jobs, and resuming it runs them", async ({ desk, client }) => {
  const { items } = await client.queue.definitions.query();
  const queue = items.find(({ name }) => name === "lab.sleep")?.queue ?? "";
  await desk.goto(`/queue/jobs?queue=${queue}`);
  await desk.getByRole("button", { name: "Pause queue" }).click();
  await expect(desk.getByRole("button", { name: "Resume queue" })).toBeVisible();
  await expect(desk.getByRole("main")).toContainText(`by ${owner.email}`);

  const { id } = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 1 } });
  await desk.goto(`/queue/jobs/${id}`);
  await expect(desk.getByRole("main")).toContainText(`The queue ${queue} is paused by ${owner.email}.`);
  await expect(headOf(desk)).toContainText("Ready");

  await desk.goto("/queue/jobs");
  await desk.getByRole("button", { name: `Resume the queue ${queue}` }).click();
  await expect(desk.getByRole("button", { name: `Pause the queue ${queue}` })).toBeVisible();
  await desk.goto(`/queue/jobs?q=${id}`);
  await expect(rowOf(desk, id)).toContainText("Done");
});
