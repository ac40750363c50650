import type { Page } from "@playwright/test";
import { findViolations } from "./axe.ts";
import { type Client, expect, type Person, test, unique } from "./desk.ts";

// A theme or a width each, so that two workers share the pages: some thirty of them, and axe takes its time.
test.describe.configure({ mode: "parallel", timeout: 300_000 });

interface Place {
  readonly path: string;
  /** What is there once the page has its data. */
  readonly shows: string;
}

/** One of everything, so that no page is looked at empty. */
async function makeData(client: Client, person: Person): Promise<readonly Place[]> {
  const namespace = unique("axe");
  const key = `${namespace}:profile`;
  await client.cache.set.mutate({ key, value: { name: "Ada", tags: ["a", "b"] }, tags: [namespace] });
  await client.users.suspend.mutate({ id: person.id, reason: "left the company" });
  const made = await client.access.keys.create.mutate({ name: unique("axe-key"), role: "viewer", scopes: ["users"] });
  const failed = await client.queue.enqueue.mutate({ name: "lab.fail", input: { times: 7 } });
  await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 1 }, delayMs: 3_600_000 });
  const running = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 300_000 } });
  const toCancel = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 1 }, delayMs: 3_600_000 });
  const bulk = await client.queue.bulk.start.mutate({
    act: "cancel",
    target: { ids: [toCancel.id] },
    expected: 1,
    reason: "to be looked at",
  });
  // Refused, so that the log and the overview have something that went wrong.
  await expect(client.users.get.query({ id: failed.id })).rejects.toMatchObject({ data: { httpStatus: 404 } });
  await client.queue.jobs.result.query({ id: failed.id, waitMs: 25_000 });
  const timing = { cron: "30 2 * * *", timeZone: "America/New_York" };
  const schedule = await client.queue.schedules.create.mutate({
    ...timing,
    // Chinese as well: the title of its page is its name.
    name: `${unique("axe")} 夜间`,
    jobName: "lab.sleep",
    input: { ms: 1 },
  });
  const [worker] = (await client.queue.workers.list.query()).items;
  await expect.poll(async () => (await client.queue.errors.list.query({ name: "lab.fail" })).items.length).toBe(1);
  const [group] = (await client.queue.errors.list.query({ name: "lab.fail" })).items;
  const { items } = await client.audit.list.query({ targetId: person.id, action: "users.suspend" });
  const fileName = `${unique("axe")}.csv`;
  const csv = `email,name\n${unique("fine")}@desk.test,Fine\nnot-an-address,Nobody\n`;
  const { id: importId } = await client.users.import.mutate({ csv, fileName });
  const sessions = await client.access.sessions.list.query({ limit: 1 });
  const sessionId = sessions.items[0]?.id ?? "";
  return [
    { path: "/overview", shows: "lab.fail" },
    { path: `/overview?mark=${items[0]?.id}`, shows: "users.suspend" },
    { path: "/procedures?q=users.suspend", shows: "users.suspend" },
    { path: "/procedures?peek=users.create", shows: "users.create" },
    { path: `/audit?q=${person.id}`, shows: "users.suspend" },
    { path: `/audit?peek=${items[0]?.id}`, shows: "left the company" },
    { path: "/queue/jobs", shows: failed.id.slice(-8) },
    { path: `/queue/jobs?peek=${failed.id}`, shows: "this is attempt 5" },
    { path: `/queue/jobs/${failed.id}`, shows: "this is attempt 5" },
    { path: `/queue/jobs/${running.id}`, shows: running.id },
    { path: "/queue/jobs?state=exploded&q=nothing-has-this", shows: "nothing-has-this" },
    { path: "/queue/errors", shows: "lab.fail was asked to fail" },
    { path: `/queue/errors?peek=${group?.fingerprint}`, shows: group?.fingerprint ?? "" },
    { path: "/queue/schedules", shows: schedule.name },
    { path: `/queue/schedules/${schedule.id}`, shows: "America/New_York" },
    { path: "/queue/workers", shows: worker?.host ?? "" },
    { path: `/queue/workers?peek=${worker?.id}`, shows: running.id.slice(-8) },
    { path: "/activity", shows: fileName },
    { path: `/activity/${bulk.id}`, shows: "to be looked at" },
    { path: "/cache", shows: namespace },
    { path: `/cache?prefix=${namespace}&peek=${encodeURIComponent(key)}`, shows: "Ada" },
    { path: "/limits", shows: "lab.rateLimited" },
    { path: "/limits?peek=lab.rateLimited.rate", shows: "lab.rateLimited.rate" },
    { path: `/users?q=${person.email}`, shows: person.email },
    { path: `/users?q=${person.email}&peek=${person.id}`, shows: "left the company" },
    { path: `/users/${person.id}?tab=rights`, shows: "jobs.retry" },
    { path: "/users/imports", shows: fileName },
    { path: `/users/imports/${importId}`, shows: "not-an-address" },
    { path: "/sessions", shows: "127.0.0.1" },
    { path: `/sessions?peek=${sessionId}`, shows: sessionId },
    { path: "/keys", shows: made.item.name },
    { path: `/keys?peek=${made.item.id}`, shows: made.item.id },
    { path: "/settings/me", shows: "UTC" },
    { path: "/settings/system", shows: "/metrics" },
    { path: "/settings/access", shows: "users.create" },
  ];
}

async function open(page: Page, { path, shows }: Place): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("main").getByText(shows).filter({ visible: true }).first()).toBeVisible();
}

/** Of the page as it is, with what is open on it. */
async function expectNoViolations(page: Page, where: string): Promise<void> {
  expect.soft(await findViolations(page), where).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`no page breaks a rule of axe in the ${colorScheme} theme`, async ({ desk, client, createPerson }) => {
    const places = await makeData(client, await createPerson("operator", "axe"));
    await desk.emulateMedia({ colorScheme });
    for (const place of places) {
      await test.step(place.path, async () => {
        await open(desk, place);
        await expectNoViolations(desk, place.path);
      });
    }
    // A page that joins the rail joins this list.
    const rail = desk.getByRole("navigation", { name: "Pages" }).getByRole("link");
    for (const link of await rail.all()) {
      const href = await link.getAttribute("href");
      expect(
        places.map(({ path }) => path.split("?")[0]),
        "pages of the rail",
      ).toContain(href);
    }
  });

  test(`nothing that opens over a page breaks a rule of axe in the ${colorScheme} theme`, async ({
    desk,
    client,
    openDesk,
    createPerson,
  }) => {
    const person = await createPerson("viewer", "axe-dialog");
    await desk.emulateMedia({ colorScheme });
    await desk.goto(`/users?peek=${person.id}`);
    const peek = desk.getByRole("complementary", { name: person.email });
    await expect(peek).toBeVisible();
    const dialog = desk.getByRole("dialog");
    const openings: readonly [name: string, open: () => Promise<void>][] = [
      ["the palette", () => desk.keyboard.press("Control+k")],
      ["the sheet of shortcuts", () => desk.keyboard.press("Shift+?")],
      ["the form for a user", () => desk.getByRole("button", { name: "New user" }).click()],
      ["the change of a role", () => desk.getByRole("button", { name: "Role…" }).click()],
      ["a confirmation", () => desk.getByRole("button", { name: "Suspend…" }).click()],
    ];
    for (const [name, openIt] of openings) {
      await test.step(name, async () => {
        await openIt();
        await expect(dialog).toBeVisible();
        await expectNoViolations(desk, name);
        await desk.keyboard.press("Escape");
        await expect(dialog).toBeHidden();
        // One Escape closes one thing.
        await expect(peek).toBeVisible();
      });
    }
    await desk.getByRole("button", { name: "More actions" }).click();
    await expect(desk.getByRole("menu")).toBeVisible();
    await expectNoViolations(desk, "a menu");

    const { items } = await client.audit.list.query({ targetId: person.id, action: "users.create" });
    const press = (name: string) => (): Promise<void> =>
      desk.getByRole("main").getByRole("button", { name }).first().click();
    const elsewhere: readonly (readonly [path: string, name: string, open: () => Promise<void>])[] = [
      [`/audit?peek=${items[0]?.id}`, "the preview of an undo", () => desk.keyboard.press("z")],
      ["/audit", "what protects the log", press("What this means")],
      ["/sessions", "the end of all sessions", press("End all…")],
      ["/keys", "the form for a key", press("New key")],
      ["/settings/me", "the change of the password", press("Change password…")],
      ["/settings/me", "the way to a second step", press("Set up…")],
    ];
    for (const [path, name, openIt] of elsewhere) {
      await test.step(name, async () => {
        await desk.goto(path);
        await expect(desk.getByRole("main").getByRole("heading", { level: 1 })).toBeVisible();
        await expect(desk.getByText("Live", { exact: true })).toBeVisible();
        if (path.includes("peek=")) await expect(desk.getByRole("complementary")).toBeVisible();
        await openIt();
        await expect(dialog).toBeVisible();
        await expectNoViolations(desk, name);
        await desk.keyboard.press("Escape");
        await expect(dialog).toBeHidden();
      });
    }
    await desk.goto("/audit");
    await press("What this means")();
    await dialog.getByRole("button", { name: "Change how long…" }).click();
    await dialog.getByRole("radio", { name: "for a number of days" }).check();
    await expect(dialog.getByText(/so none is deleted now/)).toBeVisible();
    await expectNoViolations(desk, "how long the log is kept");
    await desk.keyboard.press("Escape");
    await desk.getByRole("group", { name: "Filters" }).getByRole("button", { name: "Time" }).click();
    await desk.getByRole("menuitem", { name: "From … to …" }).click();
    await expect(dialog).toBeVisible();
    await expectNoViolations(desk, "the time of events");
    await desk.keyboard.press("Escape");

    const stranger = await openDesk();
    await stranger.emulateMedia({ colorScheme });
    await stranger.goto("/sign-in?next=/users");
    await expect(stranger.getByText("Server ready")).toBeVisible();
    await expectNoViolations(stranger, "sign-in");
    await stranger.getByRole("button", { name: "Sign in" }).click();
    await expect(stranger.getByText("Enter your email.")).toBeVisible();
    await expectNoViolations(stranger, "sign-in with errors");
    await stranger.goto("/setup?token=used");
    await expect(stranger.getByRole("heading", { name: "Create the first owner" })).toBeVisible();
    await expectNoViolations(stranger, "set-up");
  });
}

/** What is wider than its place: off the screen, or scrolled sideways where the keyboard cannot. */
async function findOverflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const describe = (element: Element): string => {
      const { left, right } = element.getBoundingClientRect();
      const text = (element.textContent ?? "").trim().slice(0, 40);
      return `<${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> "${text}" ${left}–${right}`;
    };
    const clips = (element: Element): boolean => getComputedStyle(element).overflowX !== "visible";
    const isOnPurpose = (element: Element): boolean =>
      element instanceof HTMLElement &&
      (element.tabIndex === 0 || element.querySelector(":scope > [tabindex='0']") !== null);
    const main = document.querySelector("main");
    const root = document.documentElement;
    const wide =
      root.scrollWidth > root.clientWidth ? [`the document: ${root.scrollWidth} of ${root.clientWidth}`] : [];
    for (const element of document.querySelectorAll("main, main *, header, header *, nav, nav *")) {
      const overflowX = getComputedStyle(element).overflowX;
      const scrolls = overflowX === "auto" || overflowX === "scroll";
      if (scrolls && element.scrollWidth > element.clientWidth + 1 && !isOnPurpose(element)) {
        wide.push(`scrolls sideways, ${element.scrollWidth} of ${element.clientWidth}: ${describe(element)}`);
      }
      const { right, width, height } = element.getBoundingClientRect();
      if (width <= 1 || height <= 1 || right <= innerWidth + 1) continue;
      let parent = element.parentElement;
      while (parent && parent !== main && !clips(parent)) parent = parent.parentElement;
      if (!parent || parent === main) wide.push(`off the screen: ${describe(element)}`);
    }
    return wide.slice(0, 8);
  });
}

for (const width of [1440, 390] as const) {
  test(`every page in Chinese says so and fits ${width} pixels`, async ({ desk, client, createPerson }) => {
    const places = await makeData(client, await createPerson("operator", "zh"));
    await desk.goto("/settings/me");
    await desk.getByRole("button", { name: "Language" }).click();
    await desk.getByRole("menuitemradio", { name: "简体中文" }).click();
    await desk.setViewportSize({ width, height: 844 });
    for (const place of places) {
      await test.step(place.path, async () => {
        await open(desk, place);
        await expect(desk.locator("html")).toHaveAttribute("lang", "zh-CN");
        await expect(desk).toHaveTitle(/\p{Script=Han}|lab\.|@|\.csv/u);
        await expect(desk.getByRole("navigation").first()).toContainText(/\p{Script=Han}/u);
        expect.soft(await findOverflow(desk), place.path).toEqual([]);
      });
    }
  });
}
