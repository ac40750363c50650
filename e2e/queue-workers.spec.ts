import type { Page } from "@playwright/test";
import { findViolations } from "./axe.ts";
import { expect, test, pressChord } from "./desk.ts";

async function expectAccessible(page: Page): Promise<void> {
  expect(await findViolations(page)).toEqual([]);
}

test("a process is quieted while it runs a job, the queue nobody serves is named, and it runs again", async ({
  desk,
  client,
}) => {
  test.slow();
  const running = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 120_000 } });
  await expect.poll(async () => (await client.queue.jobs.get.query({ id: running.id })).state).toBe("executing");
  await desk.goto("/overview");
  await expect(desk.getByRole("main")).toContainText("Failing now");
  await pressChord(desk, "g", "w");
  const rows = desk.getByRole("table", { name: "Workers" }).getByRole("row");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1)).toContainText("Running");
  await expectAccessible(desk);
  await desk.keyboard.press("j");
  await desk.keyboard.press("Space");
  const peek = desk.getByRole("complementary", { name: /^Process / });
  await expect(peek.getByRole("link", { name: running.id.slice(-8) })).toBeVisible();
  await expectAccessible(desk);

  await desk.keyboard.press("p");
  await expect(rows.nth(1)).toContainText("Quiet");
  await expect(peek).toContainText(/drained in ~|job left|jobs left/);
  const waiting = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 1 } });
  const { queue } = await client.queue.jobs.get.query({ id: waiting.id });
  await expect(desk.getByText(`No process serves the queue ${queue}.`)).toBeVisible({ timeout: 20_000 });
  await expectAccessible(desk);
  expect((await client.queue.jobs.get.query({ id: waiting.id })).state).toBe("available");

  await client.queue.jobs.cancel.mutate({ id: running.id });
  await expect(peek).toContainText("drained", { timeout: 20_000 });
  await peek.getByRole("button", { name: "Resume" }).click();
  await expect(rows.nth(1)).toContainText("Running");
  await expect.poll(async () => (await client.queue.jobs.get.query({ id: waiting.id })).state).toBe("completed");
  await expect(desk.getByText(`No process serves the queue ${queue}.`)).toBeHidden();
});

test("the limits of a queue are changed with a reason, hold at once, and are set back from the toast", async ({
  desk,
  client,
}) => {
  const { items } = await client.queue.definitions.query();
  const queue = items.find(({ name }) => name === "lab.sleep")?.queue ?? "";
  const settingsOf = async () =>
    (await client.queue.queues.list.query()).items.find(({ name }) => name === queue)?.settings;
  const before = await settingsOf();
  // What other journeys left running would take the one place.
  const left = await client.queue.jobs.list.query({ queue, state: ["executing", "available", "retryable"] });
  for (const { id } of left.items) await client.queue.jobs.cancel.mutate({ id });
  await desk.goto("/queue/jobs");
  await desk.getByRole("button", { name: `Limits of the queue ${queue}` }).click();
  const dialog = desk.getByRole("dialog", { name: `Limits of ${queue}` });
  await expect(dialog.getByRole("button", { name: "Save" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("At once, over all processes").fill("0");
  await expect(dialog).toContainText("1 to 100,000.");
  await dialog.getByLabel("At once, over all processes").fill("1");
  await dialog.getByLabel("Starts").fill("50");
  await dialog.getByLabel("Within seconds").fill("2");
  await dialog.getByLabel("Reason").fill("the provider asks for it");
  await expectAccessible(desk);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  expect(await settingsOf()).toEqual({ ...before, globalConcurrency: 1, rateLimit: { limit: 50, perMs: 2000 } });
  const { items: events } = await client.audit.list.query({ targetId: queue, action: "queue.queues.configure" });
  expect(JSON.stringify(events[0])).toContain("the provider asks for it");

  const [first, second] = await Promise.all(
    [60_000, 60_000].map((ms) => client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms } })),
  );
  const states = async () =>
    (await Promise.all([first, second].map((job) => client.queue.jobs.get.query({ id: job?.id ?? "" }))))
      .map(({ state }) => state)
      .sort();
  await expect.poll(states).toEqual(["available", "executing"]);

  await desk.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" }).click();
  await expect.poll(settingsOf).toEqual(before);
  await expect.poll(states).toEqual(["executing", "executing"]);
  for (const job of [first, second]) await client.queue.jobs.cancel.mutate({ id: job?.id ?? "" });
});

test("a filter that no process matches can be cleared, and a viewer cannot quiet one", async ({
  desk,
  createPerson,
  openDesk,
}) => {
  await desk.goto("/queue/workers?state=quiet&q=nowhere&shape=round");
  await expect(desk.getByText("No process matches these filters")).toBeVisible();
  await expect(desk.getByText("shape = round is not understood, so it is ignored.")).toBeVisible();
  await desk.getByRole("button", { name: "Clear all" }).click();
  await expect(desk.getByRole("table", { name: "Workers" }).getByRole("row")).toHaveCount(2);

  const page = await openDesk(await createPerson("viewer"));
  await page.goto("/queue/workers");
  await page.getByRole("table", { name: "Workers" }).getByRole("row").nth(1).click();
  await expect(page.getByRole("complementary").getByRole("button", { name: "Quiet" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
});
