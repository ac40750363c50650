import type { Page } from "@playwright/test";
import { type Client, expect, test } from "./desk.ts";

/** Calls without a pause, four at a time, until the answer is called; it resolves once the last of them has ended. */
function driveTraffic(client: Client): () => Promise<void> {
  let isOver = false;
  const lanes = Array.from({ length: 4 }, async () => {
    while (!isOver) await client.lab.fast.query();
  });
  return async () => {
    isOver = true;
    await Promise.all(lanes);
  };
}

async function setVisibility(page: Page, state: "visible" | "hidden"): Promise<void> {
  await page.evaluate((next) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => next });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => next === "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

/** Of a tile that shows "12.5/s". */
async function readRate(page: Page): Promise<number> {
  const text = await page.getByRole("region", { name: "Requests" }).innerText();
  return Number(/([\d.,]+)\s*\/s/.exec(text)?.[1]?.replaceAll(",", ""));
}

test("traffic moves the requests tile within two seconds", async ({ desk, client }) => {
  await desk.goto("/overview");
  const tile = desk.getByRole("region", { name: "Requests" });
  await expect(tile).toContainText("/s");
  // Figures of earlier tests fade out of the window first.
  await expect.poll(() => readRate(desk), { timeout: 20_000 }).toBeLessThan(5);
  const stop = driveTraffic(client);
  await expect.poll(() => readRate(desk), { timeout: 2000, intervals: [100] }).toBeGreaterThan(10);
  await stop();
});

test("each figure says how old its sample is, and the verdict is a whole sentence", async ({ desk }) => {
  await desk.goto("/overview");
  await expect(desk.getByText("Live", { exact: true })).toBeVisible();
  for (const name of ["Requests", "Errors", "Latency p95", "Oldest ready job", "Cache hit", "Rejected"]) {
    const tile = desk.getByRole("region", { name, exact: true });
    await expect(tile.getByText(/^(now|\d+ (s|min) ago)$/)).toBeVisible();
  }
  const verdict = desk
    .getByRole("main")
    .getByText(/^(Healthy|Degraded|Failing)$/)
    .locator("..");
  await expect(verdict).toBeVisible();
  await expect(desk.getByRole("main")).not.toContainText(/[{}]|NaN|undefined/);
});

test("a hidden tab asks the server for nothing, and is live again as soon as it is seen", async ({ desk, client }) => {
  await desk.goto("/overview");
  await expect(desk.getByText("Live", { exact: true })).toBeVisible();
  await desk.waitForLoadState("load");
  const streamEnds = desk.waitForEvent("requestfailed", (request) => request.url().includes("stats.live"));
  await setVisibility(desk, "hidden");
  await streamEnds;
  await expect(desk.getByText("Paused", { exact: true })).toBeVisible();

  const asked: string[] = [];
  desk.on("request", (request) => asked.push(request.url()));
  const readServerTimeMs = async (): Promise<number> =>
    Date.parse((await client.stats.summary.query({ rangeMs: 300_000 })).asOf);
  const hiddenAtMs = await readServerTimeMs();
  // Longer than the slowest timer of the page, by the server's clock.
  await expect.poll(readServerTimeMs, { timeout: 20_000 }).toBeGreaterThan(hiddenAtMs + 12_000);
  expect(asked, "requests of the hidden tab").toEqual([]);

  await setVisibility(desk, "visible");
  await expect(desk.getByText("Live", { exact: true })).toBeVisible();
  await expect(desk.getByRole("region", { name: "Requests" })).toContainText("now");
});
